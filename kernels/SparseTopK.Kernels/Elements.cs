namespace SparseTopK.Kernels;

/// <summary>How a kernel, which computes in float64, reads and writes an entry.</summary>
internal interface IElement<T>
    where T : unmanaged
{
    double Load(T value);

    /// <summary>The nearest T, clamped to T's range; NaN stays.</summary>
    T Store(double value);
}

internal readonly struct SingleElement : IElement<float>
{
    public double Load(float value) => value;

    public float Store(double value) =>
        (float)(value > float.MaxValue ? float.MaxValue : value < -float.MaxValue ? -float.MaxValue : value);
}

internal readonly struct DoubleElement : IElement<double>
{
    public double Load(double value) => value;

    public double Store(double value) =>
        value > double.MaxValue ? double.MaxValue : value < -double.MaxValue ? -double.MaxValue : value;
}
