using ILGPU;
using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>The contract of the core, on an accelerator.</summary>
public abstract class GpuTopKContract<T, TDevices>(Spread spread, TopKSolver solver = TopKSolver.Threshold) : TopKContract
    where T : unmanaged, System.Numerics.INumberBase<T>
    where TDevices : IDevices
{
    public static string? Missing => TDevices.Missing;

    protected override bool IsDouble => typeof(T) == typeof(double);

    private static Accelerator Accelerator => Shared<TDevices>.Accelerator;

    private GpuTopK Kernels => Shared<TDevices>.By(spread);

    protected override double[] MaskForward(double[] x, int n, int k, PNorm norm) =>
        Run([x], (views, result) => Kernels.MaskForward(views[0], n, k, norm, result, default, SolverFor(norm)));

    protected override double[] MaskVjp(double[] y, double[] g, int n, PNorm norm) =>
        Run([y, g], (views, result) => Kernels.MaskVjp(views[0], views[1], n, norm, result));

    protected override double[] MaskJvp(double[] y, double[] dx, int n, PNorm norm) =>
        Run([y, dx], (views, result) => Kernels.MaskJvp(views[0], views[1], n, norm, result));

    protected override (double[] Z, double[] Thresholds) MagnitudeForward(double[] x, int n, int k, PNorm norm)
    {
        var thresholds = new double[n == 0 ? 0 : x.Length / n];
        var z = Run([x], (views, result) => WithRows(thresholds, true, gamma => Kernels.MagnitudeForward(views[0], n, k, norm, result, gamma, SolverFor(norm))));
        return (z, thresholds);
    }

    protected override double[] MagnitudeVjp(double[] x, double[] thresholds, double[] g, int n, int k, PNorm norm) =>
        Run([x, g], (views, result) => WithRows(thresholds, false, gamma => Kernels.MagnitudeVjp(views[0], gamma, views[1], n, k, norm, result)));

    protected override double[] MagnitudeJvp(double[] x, double[] thresholds, double[] dx, int n, int k, PNorm norm) =>
        Run([x, dx], (views, result) => WithRows(thresholds, false, gamma => Kernels.MagnitudeJvp(views[0], gamma, views[1], n, k, norm, result)));

    /// <summary>Pooling is for p = 2 and p = 4/3.</summary>
    private TopKSolver SolverFor(PNorm norm) =>
        solver == TopKSolver.Pav && norm.ResponseExponent is not (1 or 3) ? TopKSolver.Threshold : solver;

    private static double[] Run(double[][] inputs, Action<ArrayView<T>[], ArrayView<T>> call)
    {
        var length = inputs[0].Length;
        if (length == 0)
        {
            call([.. inputs.Select(_ => ArrayView<T>.Empty)], ArrayView<T>.Empty);
            return [];
        }

        using var memory = Accelerator.Allocate1D<T>((inputs.Length + 1L) * length);
        ArrayView<T> all = memory.View;
        var views = inputs.Select((_, i) => all.SubView((long)i * length, length)).ToArray();
        for (var i = 0; i < views.Length; i++)
        {
            views[i].CopyFromCPU(TestKit.Conformance.Cast<T>(inputs[i]));
        }

        var destination = all.SubView((long)inputs.Length * length, length);
        call(views, destination);
        Accelerator.Synchronize();
        var result = new T[length];
        destination.CopyToCPU(result);
        return Array.ConvertAll(result, double.CreateTruncating);
    }

    private static void WithRows(double[] values, bool reads, Action<ArrayView<double>> call)
    {
        if (values.Length == 0)
        {
            call(ArrayView<double>.Empty);
            return;
        }

        using var memory = Accelerator.Allocate1D(values);
        call(memory.View);
        Accelerator.Synchronize();
        if (reads)
        {
            memory.CopyToCPU(values);
        }
    }
}

public sealed class SingleOnOpenCl() : GpuTopKContract<float, OpenClDevices>(Spread.Own);

public sealed class DoubleOnOpenCl() : GpuTopKContract<double, OpenClDevices>(Spread.Own);

public sealed class SingleByThreadPartsOnOpenCl() : GpuTopKContract<float, OpenClDevices>(Spread.ThreadParts);

public sealed class SingleOnCuda() : GpuTopKContract<float, CudaDevices>(Spread.Own);

public sealed class DoubleOnCuda() : GpuTopKContract<double, GpuDevices>(Spread.Own);

public sealed class SingleOnContractingCuda() : GpuTopKContract<float, ContractingCudaDevices>(Spread.Own);

public sealed class SingleByThreadsOnCpu() : GpuTopKContract<float, CpuDevices>(Spread.Threads);
