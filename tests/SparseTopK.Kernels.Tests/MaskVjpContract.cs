using System.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels.Tests;

/// <summary>What the mask's VJP does on every accelerator, with the core as its oracle.</summary>
public abstract class MaskVjpContract<TDevices> : IDisposable
    where TDevices : IDevices
{
    /// <summary>Rounding alone: the sums are added in another order, and the power is another one.</summary>
    private const double RoundingSingle = 1e-6;
    private const double RoundingDouble = 1e-12;

    private static readonly double[] Exponents = [2, 1.5, 4.0 / 3, 1.9, 1.0625, 1.001];

    /// <summary>Lengths about the sizes of a group, and several rows.</summary>
    private static readonly (int Rows, int N)[] Shapes = [(1, 1), (3, 2), (2, 7), (5, 16), (2, 17), (3, 257)];

    private readonly Context _context;
    private readonly Accelerator _accelerator;
    private readonly GpuTopK _kernels;

    protected MaskVjpContract()
    {
        (_context, _accelerator) = TDevices.Open();
        _kernels = new GpuTopK(_accelerator);
    }

    public void Dispose()
    {
        _kernels.Dispose();
        _accelerator.Dispose();
        _context.Dispose();
        GC.SuppressFinalize(this);
    }

    [DeviceFact]
    public void It_agrees_with_the_core()
    {
        foreach (var p in Exponents)
        {
            foreach (var (rows, n) in Shapes)
            {
                var norm = new PNorm(p, 0.7);
                Compare<float>(rows, n, Math.Max(1, n / 3), norm, RoundingSingle);
                Compare<double>(rows, n, Math.Max(1, n / 3), norm, RoundingDouble);
            }
        }
    }

    /// <summary>More rows than groups of a launch: each group does several.</summary>
    [DeviceFact]
    public void There_may_be_more_rows_than_groups()
    {
        Compare<float>((1 << 15) + 5, 2, 1, PNorm.Smooth(3), RoundingSingle);
    }

    [DeviceFact]
    public void Edges_are_as_in_the_core()
    {
        double[] g = [1, -2, 3];
        Assert.Equal([0, 0, 0], Run([1, 0, 1], g, 3, PNorm.Smooth(1), false));
        Assert.Equal([0, 0, 0], Run([0, 0.5, 1], g, 3, PNorm.Smooth(1), false));
        var two = Run([double.NaN, 0.5, 0, 0.5, 0.5, 0], [1, 2, 3, 4, double.NaN, 6], 3, PNorm.Quadratic(1), false);
        Assert.All(two[..3], v => Assert.Equal(double.NaN, v));
        Assert.Equal([1, -1, 0], Run([0.5, 0.5, 0], [4, 2, double.NaN], 3, PNorm.Quadratic(1), false));
        Assert.Equal([], Run(Array.Empty<double>(), [], 0, PNorm.Quadratic(1), false));
        var tiny = Run([5e-324, 1e-310, 0.5], g, 3, new PNorm(1.001, 1e-3), false);
        Assert.All(tiny, v => Assert.True(double.IsFinite(v)));
        var huge = Run([0.5f, 0.5f], [3e38f, -3e38f], 2, PNorm.Quadratic(1e-6), false);
        Assert.Equal([float.MaxValue, -float.MaxValue], huge);
    }

    [DeviceFact]
    public void The_destination_may_be_an_input()
    {
        var (y, g) = Case<double>(4, 33, 9, PNorm.Smooth(0.7));
        var expected = Run(y, g, 33, PNorm.Smooth(0.7), false);
        Assert.Equal(expected, Run(y, g, 33, PNorm.Smooth(0.7), true));
    }

    /// <summary>Launches on other streams, through views into larger buffers.</summary>
    [DeviceFact]
    public void Views_and_streams_are_honoured()
    {
        var (y, g) = Case<float>(2, 20, 5, PNorm.Smooth(0.7));
        using var stream = _accelerator.CreateStream();
        using var buffer = _accelerator.Allocate1D<float>(130);
        ArrayView<float> all = buffer.View;
        var (v, w, destination) = (all.SubView(3, 40), all.SubView(43, 40), all.SubView(83, 40));
        v.CopyFromCPU(stream, y);
        w.CopyFromCPU(stream, g);
        _kernels.MaskVjp(v, w, 20, PNorm.Smooth(0.7), destination, stream);
        var result = new float[40];
        destination.CopyToCPU(stream, result);
        stream.Synchronize();
        Assert.Equal(Run(y, g, 20, PNorm.Smooth(0.7), false), result);
    }

    [DeviceFact]
    public void Errors_name_the_argument()
    {
        using var buffer = _accelerator.Allocate1D<float>(24);
        ArrayView<float> all = buffer.View;
        var (y, g, d) = (all.SubView(0, 6), all.SubView(6, 6), all.SubView(12, 6));
        var norm = PNorm.Quadratic(1);
        Named("n", () => _kernels.MaskVjp(y, g, -1, norm, d));
        Named("y", () => _kernels.MaskVjp(y, g, 4, norm, d));
        Named("y", () => _kernels.MaskVjp(y, g, 0, norm, d));
        Named("gradOutput", () => _kernels.MaskVjp(y, g.SubView(0, 3), 3, norm, d));
        Named("destination", () => _kernels.MaskVjp(y, g, 3, norm, d.SubView(0, 3)));
        Named("destination", () => _kernels.MaskVjp(y, g, 3, norm, all.SubView(1, 6)));
        Named("destination", () => _kernels.MaskVjp(y, g, 3, norm, all.SubView(11, 6)));
        Named("norm", () => _kernels.MaskVjp(y, g, 3, default, d));
        Named("norm", () => _kernels.MaskVjp(y, g, 3, new PNorm(2.5, 1), d));
        using var context = Context.CreateDefault();
        using var other = context.GetPreferredDevice(preferCPU: true).CreateAccelerator(context);
        using var foreign = other.Allocate1D<float>(6);
        Named("gradOutput", () => _kernels.MaskVjp(y, foreign.View, 3, norm, d));
        Named("stream", () => _kernels.MaskVjp(y, g, 3, norm, d, other.DefaultStream));
        _kernels.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _kernels.MaskVjp(y, g, 3, norm, d));
    }

    private static void Named(string argument, Action call) =>
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(call).ParamName);

    private void Compare<T>(int rows, int n, int k, PNorm norm, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (y, g) = Case<T>(rows, n, k, norm);
        var (expected, actual) = (new T[y.Length], Run(y, g, n, norm, false));
        TopKMask.Vjp<T>(y, g, n, norm, expected);
        for (var start = 0; start < y.Length; start += n)
        {
            // g_i and the mean may cancel: the scale is that of d_i g_i, not of their difference.
            var scale = y[start..(start + n)].Max(v => Slope(double.CreateChecked(v), norm));
            for (var i = start; i < start + n; i++)
            {
                var error = double.CreateChecked(T.Abs(actual[i] - expected[i]));
                Assert.True(error <= tolerance * scale, $"{typeof(T).Name} {norm}, {rows} x {n}: {actual[i]} is not {expected[i]} at {i}");
            }
        }
    }

    private static double Slope(double y, PNorm norm) => y is > 0 and < 1 ? Math.Pow(y, 2 - norm.P) / (norm.Lambda * (norm.P - 1)) : 0;

    private static (T[] Y, T[] G) Case<T>(int rows, int n, int k, PNorm norm)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(rows + (1000 * n));
        var (x, y, g) = (new T[rows * n], new T[rows * n], new T[rows * n]);
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = T.CreateChecked(random.NextDouble() * 2);
            g[i] = T.CreateChecked((random.NextDouble() * 2) - 1);
        }

        TopKMask.Forward<T>(x, n, k, norm, y);
        return (y, g);
    }

    private T[] Run<T>(T[] y, T[] g, int n, PNorm norm, bool inPlace)
        where T : unmanaged
    {
        if (y.Length == 0)
        {
            _kernels.MaskVjp(ArrayView<float>.Empty, ArrayView<float>.Empty, n, norm, ArrayView<float>.Empty);
            return [];
        }

        using var point = _accelerator.Allocate1D(y);
        using var direction = _accelerator.Allocate1D(g);
        using var own = _accelerator.Allocate1D<T>(y.Length);
        var destination = inPlace ? direction : own;
        ArrayView<T> p = point.View;
        ArrayView<T> d = direction.View;
        ArrayView<T> target = destination.View;
        if (typeof(T) == typeof(float))
        {
            _kernels.MaskVjp(p.Cast<float>(), d.Cast<float>(), n, norm, target.Cast<float>());
        }
        else
        {
            _kernels.MaskVjp(p.Cast<double>(), d.Cast<double>(), n, norm, target.Cast<double>());
        }

        _accelerator.Synchronize();
        return destination.GetAsArray1D();
    }
}
