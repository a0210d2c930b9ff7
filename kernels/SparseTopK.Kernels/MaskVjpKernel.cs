using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels;

/// <summary>gx_i = d_i (g_i - sum_j d_j g_j / sum_j d_j), d_i = y_i^(2-p)/(lambda (p-1)) on the free set 0 &lt; y_i &lt; 1.</summary>
/// <remarks>One group of threads per row; a group goes on to another row when there are more rows than groups. No scratch.</remarks>
internal static class MaskVjpKernel
{
    /// <summary>The most groups of a launch: enough to fill any device, within every device's limit.</summary>
    private const int MostGroups = 1 << 15;

    public delegate void Launcher<T>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> y, ArrayView<T> gradOutput, int n, double exponent, double scale,
        ArrayView<T> destination)
        where T : unmanaged;

    /// <summary>The kernel.</summary>
    /// <param name="y">The mask.</param>
    /// <param name="gradOutput">g.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="exponent">2 - p, from 0 to 1.</param>
    /// <param name="scale">1/(lambda (p-1)).</param>
    /// <param name="destination">gx.</param>
    public static void Run<T, TElement>(
        ArrayView<T> y, ArrayView<T> gradOutput, int n, double exponent, double scale, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
    {
        var element = default(TElement);
        var length = y.Length;
        for (var start = (long)Grid.IdxX * n; start < length; start += (long)Grid.DimX * n)
        {
            var (weights, products) = (0.0, 0.0);
            for (var i = start + Group.IdxX; i < start + n; i += Group.DimX)
            {
                var w = Weight(element.Load(y[i]), exponent);
                weights += w;
                products += w > 0 ? w * element.Load(gradOutput[i]) : 0;
            }

            weights = GroupSum.Of(weights);
            products = GroupSum.Of(products);
            var mean = weights > 0 ? products / weights : 0;
            for (var i = start + Group.IdxX; i < start + n; i += Group.DimX)
            {
                var w = Weight(element.Load(y[i]), exponent);
                var gradient = w > 0 ? w * (element.Load(gradOutput[i]) - mean) * scale : 0;
                destination[i] = element.Store(double.IsNaN(weights) ? weights : gradient);
            }
        }
    }

    public static void Launch<T>(
        Accelerator accelerator, Launcher<T> launcher, ArrayView<T> y, ArrayView<T> gradOutput, int n, PNorm norm,
        ArrayView<T> destination, AcceleratorStream? stream)
        where T : unmanaged
    {
        var rows = Guard.Rows(y.Length, n, nameof(y));
        Guard.Length(gradOutput.Length, y.Length, nameof(gradOutput));
        Guard.Length(destination.Length, y.Length, nameof(destination));
        Guard.ExponentUpToTwo(norm, nameof(norm));
        Guard.Stream(stream, accelerator, nameof(stream));
        if (rows == 0)
        {
            return;
        }

        Guard.View(y, accelerator, nameof(y));
        Guard.View(gradOutput, accelerator, nameof(gradOutput));
        Guard.View(destination, accelerator, nameof(destination));
        Guard.Overlap(y, destination, nameof(destination));
        Guard.Overlap(gradOutput, destination, nameof(destination));
        var config = new KernelConfig((int)Math.Min(rows, MostGroups), GroupSum.SizeFor(n, accelerator));
        var scale = 1 / (norm.Lambda * (norm.P - 1));
        launcher(stream ?? accelerator.DefaultStream, config, y, gradOutput, n, 2 - norm.P, scale, destination);
    }

    /// <summary>y^(2-p) on the free set, 0 elsewhere, NaN for NaN.</summary>
    private static double Weight(double y, double exponent) =>
        double.IsNaN(y) ? y : y > 0 && y < 1 ? DevicePower.Power(y, exponent) : 0;
}
