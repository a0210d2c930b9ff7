using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>Ranks, sorts and the permutahedron on an accelerator beside their contracts, with the core as oracle: every spread of the sort,
/// 16-bit rows, memory that is shared, what is read on the device.</summary>
public abstract class GpuOrderingTests<TDevices>(Spread spread, bool isSlow = false)
    where TDevices : IDevices
{
    private static readonly SoftOrder[] Orders =
    [
        new(0.3), new(3, SortDirection.Descending), new(0.5, SortDirection.Ascending, SoftRegularization.Entropic),
        new(2, SortDirection.Descending, SoftRegularization.Entropic),
    ];

    public static string? Missing => TDevices.Missing;

    private GpuTopK Kernels => Shared<TDevices>.By(spread);

    private int[] Lengths => isSlow ? [1, 2, 33, 129] : [1, 2, 31, 32, 33, 64, 65, 255, 256, 257, 1025];

    [ContractFact]
    public void Ties_keep_the_order_of_their_places_as_in_the_core()
    {
        foreach (var (n, order) in Lengths.SelectMany(_ => Orders, (n, order) => (n, order)))
        {
            double[] x = [.. Inputs.Tied(n, n), .. Labels(n), .. Inputs.Normal(n, n)];
            x[^1] = double.NaN;
            var (y, permutation, ends) = (new float[3 * n], new int[3 * n], new int[3 * n]);
            SoftRank.Forward<float>(TestKit.Conformance.Cast<float>(x), n, order, y.AsSpan(), permutation, ends);
            using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
            var (source, target, places, blocks) = (rows.Copy<float>(x), rows.Copy(y), rows.Copy(permutation), rows.Copy(ends));
            Kernels.SoftRankForward(source, n, order, target, places, blocks);
            Assert.Equal(permutation, rows.Read(places));
            Assert.Equal(ends, rows.Read(blocks));
            Assert.Equal(y, rows.Read(target), (a, b) => a.Equals(b) || Math.Abs(a - b) <= 1e-6 * n);
            SoftSort.Forward<float>(TestKit.Conformance.Cast<float>(x), n, order, y.AsSpan(), permutation, ends);
            Kernels.SoftSortForward(source, n, order, target, places, blocks);
            Assert.Equal(permutation, rows.Read(places));
            Assert.Equal(ends, rows.Read(blocks));
            Assert.Equal(y, rows.Read(target), (a, b) => a.Equals(b) || Math.Abs(a - b) <= 1e-5);
        }
    }

    [ContractFact]
    public void Rows_of_16_bits_are_those_of_the_core()
    {
        foreach (var n in Lengths.Where(n => n <= 257))
        {
            var (x, w, g) = (Inputs.Normal(2 * n, n), Inputs.Normal(n, 1).OrderDescending().ToArray(), Inputs.Normal(2 * n, 2));
            Compare<System.Half>(1.0 / 512);
            Compare<BFloat16>(1.0 / 64);

            void Compare<T>(double unit)
                where T : unmanaged
            {
                var (xs, ws, gs) = (Round<T>(x), Round<T>(w), Round<T>(g));
                using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
                var (source, y, gradient) = (rows.Copy(Narrow<T>(x)), rows.Copy(new T[2 * n]), rows.Copy(new T[2 * n]));
                var (places, ends) = (rows.Copy(new int[2 * n]), rows.Copy(new int[2 * n]));
                foreach (var order in Orders)
                {
                    Kernels.SoftRankForward(source, n, order, y, places, ends);
                    Near(SoftRank.Forward<double>(xs, n, order, out var permutation, out var blocks), Widen(rows.Read(y)), unit);
                    Kernels.SoftRankVjp(source, places, ends, rows.Copy(Narrow<T>(g)), n, order, gradient);
                    Near(SoftRank.Vjp<double>(xs, permutation, blocks, gs, n, order), Widen(rows.Read(gradient)), unit);
                }

                var norm = new PNorm(1.5, 0.5);
                Kernels.PermutahedronForward(source, n, rows.Copy(Narrow<T>(w)), norm, y, places, ends);
                Near(Permutahedron.Forward<double>(xs, n, ws, norm, out _, out _), Widen(rows.Read(y)), unit);
            }
        }
    }

    [ContractFact]
    public void It_works_in_place_and_gives_the_same_bits_again()
    {
        foreach (var (n, order) in Lengths.SelectMany(_ => Orders, (n, order) => (n, order)))
        {
            using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
            double[] values = [.. Inputs.Normal(n, n), .. Inputs.Tied(n, n)];
            var w = rows.Copy<float>(Inputs.Normal(2 * n, 3).OrderDescending().ToArray());
            var (x, y, places, ends) = (rows.Copy<float>(values), rows.Copy(new float[2 * n]), rows.Copy(new int[2 * n]), rows.Copy(new int[2 * n]));
            var (own, g) = (rows.Copy(new float[2 * n]), Inputs.Normal(2 * n, 1));
            foreach (var kind in new[] { 0, 1, 2, 3 })
            {
                var norm = new PNorm(kind == 2 ? 2 : 4.0 / 3, order.Lambda);
                Forward(kind, norm, x, y, places, ends);
                var inPlace = rows.Copy<float>(values);
                Forward(kind, norm, inPlace, inPlace, default, default);
                Assert.Equal(rows.Read(y), rows.Read(inPlace));
                foreach (var isJvp in new[] { false, true })
                {
                    var point = kind > 1 ? rows.Read(y) : rows.Read(x);
                    Product(kind, isJvp, norm, rows.Copy(point), places, ends, rows.Copy<float>(g), own);
                    var (at, direction) = (rows.Copy(point), rows.Copy<float>(g));
                    Product(kind, isJvp, norm, at, places, ends, rows.Copy<float>(g), at);
                    Product(kind, isJvp, norm, rows.Copy(point), places, ends, direction, direction);
                    Assert.Equal(rows.Read(own), rows.Read(at));
                    Assert.Equal(rows.Read(own), rows.Read(direction));
                }
            }

            void Forward(int kind, PNorm norm, ILGPU.ArrayView<float> from, ILGPU.ArrayView<float> to, ILGPU.ArrayView<int> p, ILGPU.ArrayView<int> e)
            {
                switch (kind)
                {
                    case 0:
                        Kernels.SoftRankForward(from, n, order, to, p, e);
                        break;
                    case 1:
                        Kernels.SoftSortForward(from, n, order, to, p, e);
                        break;
                    default:
                        Kernels.PermutahedronForward(from, n, kind == 2 ? w.SubView(0, n) : w, norm, to, p, e);
                        break;
                }
            }

            void Product(
                int kind, bool isJvp, PNorm norm, ILGPU.ArrayView<float> at, ILGPU.ArrayView<int> p, ILGPU.ArrayView<int> e,
                ILGPU.ArrayView<float> direction, ILGPU.ArrayView<float> to)
            {
                switch (kind, isJvp)
                {
                    case (0, false):
                        Kernels.SoftRankVjp(at, p, e, direction, n, order, to);
                        break;
                    case (0, true):
                        Kernels.SoftRankJvp(at, p, e, direction, n, order, to);
                        break;
                    case (1, false):
                        Kernels.SoftSortVjp(at, p, e, direction, n, order, to);
                        break;
                    case (1, true):
                        Kernels.SoftSortJvp(at, p, e, direction, n, order, to);
                        break;
                    case (_, false):
                        Kernels.PermutahedronVjp(at, p, e, direction, n, norm, to);
                        break;
                    default:
                        Kernels.PermutahedronJvp(at, p, e, direction, n, norm, to);
                        break;
                }
            }
        }
    }

    [ContractFact]
    public void What_is_no_certificate_or_no_weight_makes_its_row_NaN()
    {
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var (order, norm) = (new SoftOrder(1), PNorm.Smooth(1));
        var (x, y) = (rows.Copy<double>(Inputs.Normal(16, 1)), rows.Copy(new double[16]));
        int[] places = [0, 1, 2, 3, 0, 1, 2, 4, 0, -1, 2, 3, 3, 2, 1, 0], ends = [2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2, 1, 4, 4];
        foreach (var call in new Action[]
        {
            () => Kernels.SoftRankVjp(x, rows.Copy(places), rows.Copy(ends), x, 4, order, y),
            () => Kernels.SoftSortVjp(x, rows.Copy(places), rows.Copy(ends), x, 4, order, y),
            () => Kernels.SoftSortJvp(x, rows.Copy(places), rows.Copy(ends), x, 4, order, y),
            () => Kernels.PermutahedronJvp(x, rows.Copy(places), rows.Copy(ends), x, 4, norm, y),
        })
        {
            call();
            var result = rows.Read(y);
            Assert.All(result[..4], v => Assert.True(double.IsFinite(v)));
            Assert.All(result[4..], v => Assert.Equal(double.NaN, v));
        }

        double[] w = [3, 2, 2, 1, 3, 2, 2.5, 1, 3, 2, double.NaN, 1, double.PositiveInfinity, 3, 2, 1];
        Kernels.PermutahedronForward(x, 4, rows.Copy(w), norm, y);
        Assert.All(rows.Read(y)[..4], v => Assert.InRange(v, 1, 3));
        Assert.All(rows.Read(y)[4..], v => Assert.Equal(double.NaN, v));
    }

    private static double[] Labels(int n) => [.. Enumerable.Range(0, n).Select(i => (i * 7919 % 5) < 2 ? 1.0 : 0.0)];

    private static T[] Narrow<T>(double[] values)
        where T : unmanaged => typeof(T) == typeof(System.Half)
        ? (T[])(object)Array.ConvertAll(values, v => (System.Half)v)
        : (T[])(object)Array.ConvertAll(values, v => (BFloat16)(float)v);

    private static double[] Widen<T>(T[] values) => values switch
    {
        System.Half[] half => Array.ConvertAll(half, v => (double)v),
        BFloat16[] brain => Array.ConvertAll(brain, v => (double)v),
        _ => throw new NotSupportedException(),
    };

    private static double[] Round<T>(double[] values)
        where T : unmanaged => Widen(Narrow<T>(values));

    private static void Near(double[] expected, double[] actual, double unit) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, unit * (1 + Math.Abs(pair.First))));
}

public sealed class OrderingOnOpenCl() : GpuOrderingTests<OpenClDevices>(Spread.Own);

public sealed class OrderingOnCuda() : GpuOrderingTests<CudaDevices>(Spread.Own);

public sealed class OrderingByGroupsOnCuda() : GpuOrderingTests<CudaDevices>(Spread.Groups);

public sealed class OrderingByPartsOnCuda() : GpuOrderingTests<CudaDevices>(Spread.Parts);

public sealed class OrderingByThreadsOnCpu() : GpuOrderingTests<CpuDevices>(Spread.Threads);

public sealed class OrderingByThreadPartsOnCpu() : GpuOrderingTests<FallbackCpuDevices>(Spread.ThreadParts, isSlow: true);

public sealed class OrderingByGroupsOnCpu() : GpuOrderingTests<FallbackCpuDevices>(Spread.Groups, isSlow: true);
