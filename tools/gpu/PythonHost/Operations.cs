using System.Runtime.InteropServices;
using SparseTopK;
using SparseTopK.Kernels;

namespace PythonHost;

/// <summary>The rows of a call and its parameters; sparsetopk.py has the same fields in the same order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Parameters
{
    /// <summary>The number of the device.</summary>
    public readonly int Device;

    /// <summary>The bits of an entry.</summary>
    public readonly int Bits;

    /// <summary>How many entries there are.</summary>
    public readonly long Length;

    /// <summary>The entries of a row.</summary>
    public readonly int N;

    /// <summary>How many are chosen of a row.</summary>
    public readonly int K;

    /// <summary>The exponent.</summary>
    public readonly double P;

    /// <summary>The strength.</summary>
    public readonly double Lambda;

    /// <summary>The stream on which the call is queued; 0 for the legacy default stream.</summary>
    public readonly nint Stream;

    internal PNorm Norm => new(P, Lambda);

    internal long Rows => N == 0 ? 0 : Length / N;
}

/// <summary>An operation on rows of any type of entries.</summary>
internal interface IOperation
{
    void Run<T>(GpuTopK gpu, in Parameters parameters)
        where T : unmanaged;
}

internal readonly record struct MaskForward(nint X, nint Y, nint Thresholds) : IOperation
{
    public void Run<T>(GpuTopK gpu, in Parameters parameters)
        where T : unmanaged => gpu.MaskForward(
            gpu.ViewOf<T>(X, parameters.Length), parameters.N, parameters.K, parameters.Norm, gpu.ViewOf<T>(Y, parameters.Length),
            gpu.ViewOf<double>(Thresholds, Thresholds == 0 ? 0 : parameters.Rows), stream: gpu.StreamOf(parameters.Stream));
}

internal readonly record struct MaskVjp(nint Y, nint GradOutput, nint Destination) : IOperation
{
    public void Run<T>(GpuTopK gpu, in Parameters parameters)
        where T : unmanaged => gpu.MaskVjp(
            gpu.ViewOf<T>(Y, parameters.Length), gpu.ViewOf<T>(GradOutput, parameters.Length), parameters.N, parameters.Norm,
            gpu.ViewOf<T>(Destination, parameters.Length), gpu.StreamOf(parameters.Stream));
}

internal readonly record struct MagnitudeForward(nint X, nint Z, nint Thresholds) : IOperation
{
    public void Run<T>(GpuTopK gpu, in Parameters parameters)
        where T : unmanaged => gpu.MagnitudeForward(
            gpu.ViewOf<T>(X, parameters.Length), parameters.N, parameters.K, parameters.Norm, gpu.ViewOf<T>(Z, parameters.Length),
            gpu.ViewOf<double>(Thresholds, parameters.Rows), stream: gpu.StreamOf(parameters.Stream));
}

internal readonly record struct MagnitudeVjp(nint X, nint Thresholds, nint GradOutput, nint Destination) : IOperation
{
    public void Run<T>(GpuTopK gpu, in Parameters parameters)
        where T : unmanaged => gpu.MagnitudeVjp(
            gpu.ViewOf<T>(X, parameters.Length), gpu.ViewOf<double>(Thresholds, parameters.Rows), gpu.ViewOf<T>(GradOutput, parameters.Length), parameters.N, parameters.K,
            parameters.Norm, gpu.ViewOf<T>(Destination, parameters.Length), gpu.StreamOf(parameters.Stream));
}
