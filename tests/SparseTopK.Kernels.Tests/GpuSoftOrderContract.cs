using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>The contract of soft ranks and sorts, on an accelerator.</summary>
public abstract class GpuSoftOrderContract<T, TDevices>(Spread spread) : SoftOrderContract
    where T : unmanaged, INumberBase<T>
    where TDevices : IDevices
{
    private delegate void ForwardCall(
        ArrayView<T> x, int n, SoftOrder order, ArrayView<T> destination, ArrayView<int> permutation, ArrayView<int> blockEnds,
        AcceleratorStream? stream);

    private delegate void ProductCall(
        ArrayView<T> x, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> direction, int n, SoftOrder order,
        ArrayView<T> destination, AcceleratorStream? stream);

    public static string? Missing => TDevices.Missing;

    protected override bool IsDouble => typeof(T) == typeof(double);

    private GpuTopK Kernels => Shared<TDevices>.By(spread);

    protected override (double[] Y, int[] Order, int[] Ends) Rank(double[] x, int n, SoftOrder order) =>
        Forward(Kernels.SoftRankForward, x, n, order);

    protected override double[] RankVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind) =>
        Product(Kernels.SoftRankVjp, x, order, ends, g, n, kind);

    protected override double[] RankJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind) =>
        Product(Kernels.SoftRankJvp, x, order, ends, dx, n, kind);

    protected override (double[] Y, int[] Order, int[] Ends) Sort(double[] x, int n, SoftOrder order) =>
        Forward(Kernels.SoftSortForward, x, n, order);

    protected override double[] SortVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind) =>
        Product(Kernels.SoftSortVjp, x, order, ends, g, n, kind);

    protected override double[] SortJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind) =>
        Product(Kernels.SoftSortJvp, x, order, ends, dx, n, kind);

    private static (double[] Y, int[] Order, int[] Ends) Forward(ForwardCall call, double[] x, int n, SoftOrder order)
    {
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var (y, places, ends) = (rows.Copy(new T[x.Length]), rows.Copy(new int[x.Length]), rows.Copy(new int[x.Length]));
        call(rows.Copy<T>(x), n, order, y, places, ends, null);
        return (Widen(rows.Read(y)), rows.Read(places), rows.Read(ends));
    }

    private static double[] Product(ProductCall call, double[] x, int[] order, int[] ends, double[] direction, int n, SoftOrder kind)
    {
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var result = rows.Copy(new T[x.Length]);
        call(rows.Copy<T>(x), rows.Copy(order), rows.Copy(ends), rows.Copy<T>(direction), n, kind, result, null);
        return Widen(rows.Read(result));
    }

    private static double[] Widen(T[] values) => Array.ConvertAll(values, double.CreateTruncating);
}

public sealed class SoftOrderSingleOnOpenCl() : GpuSoftOrderContract<float, OpenClDevices>(Spread.Own);

public sealed class SoftOrderDoubleOnOpenCl() : GpuSoftOrderContract<double, OpenClDevices>(Spread.Own);

public sealed class SoftOrderSingleOnCuda() : GpuSoftOrderContract<float, CudaDevices>(Spread.Own);

public sealed class SoftOrderDoubleOnCuda() : GpuSoftOrderContract<double, CudaDevices>(Spread.Own);

public sealed class SoftOrderSingleOnCpu() : GpuSoftOrderContract<float, FallbackCpuDevices>(Spread.Threads);
