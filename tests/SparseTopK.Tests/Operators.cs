using System.Numerics;

namespace SparseTopK.Tests;

/// <summary>Every result of both operators on a batch.</summary>
internal sealed record Results<T>(T[] Mask, double[] Tau, T[] MaskVjp, T[] MaskJvp, T[] Magnitude, double[] Gamma, T[] Vjp, T[] Jvp)
{
    public IEnumerable<(string Name, Array Values)> All =>
    [
        ("mask", Mask), ("tau", Tau), ("mask VJP", MaskVjp), ("mask JVP", MaskJvp),
        ("magnitude", Magnitude), ("gamma", Gamma), ("magnitude VJP", Vjp), ("magnitude JVP", Jvp),
    ];
}

internal static class Operators
{
    public static Results<T> Run<T>(T[] x, T[] g, int n, int[] k, PNorm norm, TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var rows = x.Length / n;
        var r = new Results<T>(
            new T[x.Length], new double[rows], new T[x.Length], new T[x.Length], new T[x.Length], new double[rows], new T[x.Length], new T[x.Length]);
        TopKMask.Forward<T>(x, n, k, norm, r.Mask, r.Tau, solver);
        TopKMask.Vjp<T>(r.Mask, g, n, norm, r.MaskVjp);
        TopKMask.Jvp<T>(r.Mask, g, n, norm, r.MaskJvp);
        TopKMagnitude.Forward<T>(x, n, k, norm, r.Magnitude, r.Gamma, solver);
        TopKMagnitude.Vjp<T>(x, r.Gamma, g, n, k, norm, r.Vjp);
        TopKMagnitude.Jvp<T>(x, r.Gamma, g, n, k, norm, r.Jvp);
        return r;
    }

    public static T[] Normal<T>(int n, int seed)
        where T : INumberBase<T> => TestKit.Conformance.Cast<T>(TestKit.Inputs.Normal(n, seed));

    /// <summary>The bits of an array of floats or doubles, NaN payloads and signs of zero included.</summary>
    public static byte[] Bits(Array values)
    {
        var bytes = new byte[Buffer.ByteLength(values)];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return bytes;
    }
}
