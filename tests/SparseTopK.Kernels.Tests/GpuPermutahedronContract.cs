using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>The contract of the permutahedron, on an accelerator.</summary>
public abstract class GpuPermutahedronContract<T, TDevices>(Spread spread) : PermutahedronContract
    where T : unmanaged, INumberBase<T>
    where TDevices : IDevices
{
    private delegate void ProductCall(
        ArrayView<T> y, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> direction, int n, PNorm norm,
        ArrayView<T> destination, AcceleratorStream? stream);

    public static string? Missing => TDevices.Missing;

    protected override bool IsDouble => typeof(T) == typeof(double);

    private GpuTopK Kernels => Shared<TDevices>.By(spread);

    protected override (double[] Y, int[] Order, int[] Ends) Forward(double[] x, int n, double[] w, PNorm norm)
    {
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var (y, order, ends) = (rows.Copy(new T[x.Length]), rows.Copy(new int[x.Length]), rows.Copy(new int[x.Length]));
        Kernels.PermutahedronForward(rows.Copy<T>(x), n, rows.Copy<T>(w), norm, y, order, ends);
        return (Widen(rows.Read(y)), rows.Read(order), rows.Read(ends));
    }

    protected override double[] Vjp(double[] y, int[] order, int[] ends, double[] g, int n, PNorm norm) =>
        Product(Kernels.PermutahedronVjp, y, order, ends, g, n, norm);

    protected override double[] Jvp(double[] y, int[] order, int[] ends, double[] dx, int n, PNorm norm) =>
        Product(Kernels.PermutahedronJvp, y, order, ends, dx, n, norm);

    protected override (double[] Y, double[] Vjp) Mask(double[] x, int k, PNorm norm, double[] g)
    {
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var (y, gradient) = (rows.Copy(new T[x.Length]), rows.Copy(new T[x.Length]));
        Kernels.MaskForward(rows.Copy<T>(x), x.Length, k, norm, y);
        Kernels.MaskVjp(y, rows.Copy<T>(g), x.Length, norm, gradient);
        return (Widen(rows.Read(y)), Widen(rows.Read(gradient)));
    }

    private static double[] Product(ProductCall call, double[] y, int[] order, int[] ends, double[] direction, int n, PNorm norm)
    {
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var result = rows.Copy(new T[y.Length]);
        call(rows.Copy<T>(y), rows.Copy(order), rows.Copy(ends), rows.Copy<T>(direction), n, norm, result, null);
        return Widen(rows.Read(result));
    }

    private static double[] Widen(T[] values) => Array.ConvertAll(values, double.CreateTruncating);
}

public sealed class PermutahedronSingleOnOpenCl() : GpuPermutahedronContract<float, OpenClDevices>(Spread.Own);

public sealed class PermutahedronDoubleOnOpenCl() : GpuPermutahedronContract<double, OpenClDevices>(Spread.Own);

public sealed class PermutahedronSingleOnCuda() : GpuPermutahedronContract<float, CudaDevices>(Spread.Own);

public sealed class PermutahedronDoubleOnCuda() : GpuPermutahedronContract<double, CudaDevices>(Spread.Own);

public sealed class PermutahedronDoubleOnCpu() : GpuPermutahedronContract<double, FallbackCpuDevices>(Spread.Threads);
