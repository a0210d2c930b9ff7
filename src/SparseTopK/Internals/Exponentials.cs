namespace SparseTopK.Internals;

/// <summary>The exponential and the logarithm of one number.</summary>
internal interface IExponentials
{
    static abstract double Exp(double t);

    static abstract double Log(double v);
}

/// <summary>Those of the runtime.</summary>
internal readonly struct SystemExponentials : IExponentials
{
    public static double Exp(double t) => Math.Exp(t);

    public static double Log(double v) => Math.Log(v);
}

/// <summary>Those that run wherever float64 does; see <see cref="PortablePower"/>.</summary>
internal readonly struct PortableExponentials : IExponentials
{
    public static double Exp(double t) => PortablePower.Exponential(t);

    public static double Log(double v) => PortablePower.Logarithm(v);
}
