using System.Numerics;
using ILGPU;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>The contract of isotonic regression, on an accelerator.</summary>
/// <remarks>The kernels are for p = 2 and p = 4/3: another p is solved by the core, so that what mixes them can run.</remarks>
public abstract class GpuIsotonicContract<T, TDevices> : IsotonicContract
    where T : unmanaged, INumberBase<T>
    where TDevices : IDevices
{
    public static string? Missing => TDevices.Missing;

    protected override bool IsDouble => typeof(T) == typeof(double);

    private static GpuTopK Kernels => Shared<TDevices>.By(Spread.Own);

    protected override (double[] V, int[] Ends) Forward(double[] x, int n, double[] w, IsotonicObjective objective, IsotonicOrder order)
    {
        if (!HasKernel(objective))
        {
            var (solution, blockEnds) = (new T[x.Length], new int[x.Length]);
            IsotonicRegression.Forward(Cast(x), n, Cast(w), objective, solution.AsSpan(), blockEnds, order);
            return (Widen(solution), blockEnds);
        }

        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var (v, ends) = (rows.Copy(new T[x.Length]), rows.Copy(new int[x.Length]));
        Kernels.IsotonicForward(rows.Copy<T>(x), n, rows.Copy<T>(w), objective, v, ends, order);
        return (Widen(rows.Read(v)), rows.Read(ends));
    }

    protected override double[] Vjp(double[] x, double[] v, int[] ends, double[] g, int n, double[] w, IsotonicObjective objective) =>
        HasKernel(objective)
            ? Product(Kernels.IsotonicVjp, x, v, ends, g, n, w, objective)
            : Widen(IsotonicRegression.Vjp<T>(Cast(x), Cast(v), ends, Cast(g), n, Cast(w), objective));

    protected override double[] Jvp(double[] x, double[] v, int[] ends, double[] dx, int n, double[] w, IsotonicObjective objective)
    {
        if (HasKernel(objective))
        {
            return Product(Kernels.IsotonicJvp, x, v, ends, dx, n, w, objective);
        }

        var result = new T[x.Length];
        IsotonicRegression.Jvp<T>(Cast(x), Cast(v), ends, Cast(dx), n, Cast(w), objective, result);
        return Widen(result);
    }

    private static bool HasKernel(IsotonicObjective objective) =>
        objective.Term == IsotonicTerm.None || objective.Norm.ResponseExponent is 1 or 3;

    private static double[] Product(
        Action<ArrayView<T>, ArrayView<T>, ArrayView<int>, ArrayView<T>, int, ArrayView<T>, IsotonicObjective, ArrayView<T>, ILGPU.Runtime.AcceleratorStream?> call,
        double[] x, double[] v, int[] ends, double[] direction, int n, double[] w, IsotonicObjective objective)
    {
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var result = rows.Copy(new T[x.Length]);
        call(rows.Copy<T>(x), rows.Copy<T>(v), rows.Copy(ends), rows.Copy<T>(direction), n, rows.Copy<T>(w), objective, result, null);
        return Widen(rows.Read(result));
    }

    private static T[] Cast(double[] values) => TestKit.Conformance.Cast<T>(values);

    private static double[] Widen(T[] values) => Array.ConvertAll(values, double.CreateTruncating);
}

public sealed class IsotonicSingleOnOpenCl : GpuIsotonicContract<float, OpenClDevices>;

public sealed class IsotonicDoubleOnOpenCl : GpuIsotonicContract<double, OpenClDevices>;

public sealed class IsotonicSingleOnCuda : GpuIsotonicContract<float, CudaDevices>;

public sealed class IsotonicDoubleOnCuda : GpuIsotonicContract<double, CudaDevices>;

public sealed class IsotonicDoubleOnContractingCuda : GpuIsotonicContract<double, ContractingCudaDevices>;

public sealed class IsotonicDoubleOnCpu : GpuIsotonicContract<double, CpuDevices>;
