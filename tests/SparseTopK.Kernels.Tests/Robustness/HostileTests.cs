using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests.Robustness;

/// <summary>The core's hostile rows and norms on an accelerator: what is documented holds, and nothing else comes out.</summary>
public abstract class HostileTests<TDevices>(int trials, int eachNorm = 1)
    where TDevices : IDevices
{
    private const int Rows = 8;

    private static readonly double[] Exponents = [1.05, 1.25, 4.0 / 3, 1.5, 2, 3, 5];
    private static readonly double[] Far = [1e4, 1e9, 1e15, 1e30, 3e38, 1e100, 1e155];
    private static readonly double[] Extremes = [Math.BitIncrement(1.0), 1 + 1e-9, 1.01, 4.0 / 3, 2, 3, 100, 1e9, double.MaxValue];
    private static readonly double[] Strengths = [double.Epsilon, 1e-300, 1e-9, 1, 1e9, 1e300, double.MaxValue];
    private static readonly double[] Odd =
    [
        0, -0.0, double.Epsilon, -double.Epsilon, 1e-310, 2.2250738585072014e-308, 1e-140, 1e-30, 1, -1, 1.0000000000000002, 0.9999999999999999, 2,
        1e16, 1e30, -1e30, 1e140, -1e140, double.NaN, double.PositiveInfinity, double.NegativeInfinity,
    ];

    public static string? Missing => TDevices.Missing;

    private static GpuTopK Kernels => Shared<TDevices>.By(typeof(TDevices) == typeof(CpuDevices) ? Spread.Threads : Spread.Own);

    /// <summary>Some scores near 0 and clusters far from them, as finite masks make them: the shares sum to k all the same.</summary>
    [ContractFact]
    public void Shares_sum_to_k_however_far_apart_the_scores_are()
    {
        for (var trial = 0; trial < trials; trial++)
        {
            var random = new Random(trial);
            var (n, norm) = (random.Next(1, trial % 8 == 0 ? 3000 : 256), new PNorm(Exponents[random.Next(7)], Math.Pow(10, random.Next(-4, 3))));
            var (far, share) = (Far[random.Next(7)], random.NextDouble());
            var (near, isRound) = (random.Next(2) == 0 ? far : Far[random.Next(7)], random.Next(2) == 0);
            var k = Enumerable.Range(0, Rows).Select(_ => random.Next(1, n + 1)).ToArray();
            var x = Enumerable.Range(0, Rows * n).Select(_ => random.NextDouble() < share ? (random.Next(2) == 0 ? -far : near)
                : isRound ? random.Next(-3, 3) : (4 * random.NextDouble()) - 2).ToArray();
            using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
            var y = rows.Copy(new double[Rows * n]);
            Kernels.MaskForward(rows.Copy(x), n, rows.Copy(k), norm, y);
            var shares = rows.Read(y);
            for (var r = 0; r < Rows; r++)
            {
                var sum = shares[(r * n)..((r + 1) * n)].Sum();
                Assert.True(Math.Abs(sum - k[r]) <= 1e-6 * k[r], $"trial {trial}, row {r}: n = {n}, k = {k[r]}, {norm}, far = {far}, {near}: {sum:R}");
            }
        }
    }

    [ContractFact]
    public void Hostile_rows_have_documented_results()
    {
        for (var trial = 0; trial < trials; trial++)
        {
            var random = new Random(trial);
            var n = random.Next(1, trial % 20 == 0 ? 600 : 40);
            var x = Enumerable.Range(0, Rows * n).Select(i => random.Next(3) switch
            {
                0 => random.Next(-2, 3),
                1 => random.NextDouble() - 0.5,
                _ => Odd[random.Next(i / n % 3 == 0 ? 21 : 18)],
            }).ToArray();
            var (k, norm) = (random.Next(n + 1), new PNorm(Exponents[random.Next(7)], Math.Pow(10, random.Next(-30, 30))));
            new Trial(x, n, Inputs.Normal(Rows * n, trial), $"trial {trial}, n = {n}, k = {k}, {norm}").Check(k, norm, (SortDirection)(trial % 2));
        }
    }

    [ContractFact]
    public void Any_norm_gives_results_in_range_and_finite_gradients()
    {
        double[] x = [3, -1, 0.5, 0.25, 1e-12, -7, 2, 0], g = [1, -2, 3, -4, 5, -6, 7, -8];
        foreach (var norm in Extremes.SelectMany(_ => Strengths, (p, lambda) => new PNorm(p, lambda)).Where((_, i) => i % eachNorm == i / 7 % eachNorm))
        {
            var mask = new Trial(x, 8, g, $"{norm}").Check(3, norm, SortDirection.Ascending);
            if (norm.P is > 1.001 and < 10 && norm.Lambda <= 1e300)
            {
                Assert.Equal(3, mask.Sum(), 1e-6);
            }
        }
    }

    /// <summary>One batch through every operator.</summary>
    private sealed class Trial(double[] x, int n, double[] g, string name)
    {
        /// <summary>Returns the mask.</summary>
        public double[] Check(int k, PNorm norm, SortDirection direction)
        {
            using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
            var (source, gradient, y, product) = (rows.Copy(x), rows.Copy(g), rows.Copy(new double[x.Length]), rows.Copy(new double[x.Length]));
            var (gamma, permutation, ends) = (rows.Copy(new double[x.Length / n]), rows.Copy(new int[x.Length]), rows.Copy(new int[x.Length]));
            Kernels.MaskForward(source, n, k, norm, y);
            Kernels.MaskVjp(y, gradient, n, norm, product);
            var mask = rows.Read(y);
            Holds("mask", isMasked: true, mask, v => v is >= 0 and <= 1);
            Holds("mask, VJP", isMasked: true, rows.Read(product), double.IsFinite);

            Kernels.MagnitudeForward(source, n, k, norm, y, gamma);
            var z = rows.Read(y);
            Holds("magnitude", isMasked: false, z, double.IsFinite);
            Assert.All(z.Zip(x), one => Assert.True(
                double.IsNaN(one.First) || (Math.Abs(one.First) <= Math.Abs(one.Second) && one.First * one.Second >= 0), $"{name}: {one}"));
            Kernels.MagnitudeVjp(source, gamma, gradient, n, k, norm, product);
            Holds("magnitude, VJP", isMasked: false, rows.Read(product), double.IsFinite);
            Kernels.MagnitudeJvp(source, gamma, gradient, n, k, norm, product);
            Holds("magnitude, JVP", isMasked: false, rows.Read(product), double.IsFinite);

            Kernels.IsotonicForward(source, n, default, IsotonicObjective.LeastSquares, y, ends);
            Holds("isotonic", isMasked: false, rows.Read(y), double.IsFinite);
            Kernels.PermutahedronForward(source, n, rows.Copy([.. Enumerable.Range(0, n).Select(i => (n - i) / 2.0)]), norm, y, permutation, ends);
            Holds("permutahedron", isMasked: true, rows.Read(y), v => v >= 0.5 - 1e-6 && v <= (n / 2.0) + 1e-6);
            Kernels.PermutahedronVjp(y, permutation, ends, gradient, n, norm, product);
            Holds("permutahedron, VJP", isMasked: true, rows.Read(product), double.IsFinite);
            foreach (var order in Enum.GetValues<SoftRegularization>().Select(kind => new SoftOrder(norm.Lambda, direction, kind)))
            {
                Kernels.SoftRankForward(source, n, order, y, permutation, ends);
                Holds($"{order}", isMasked: true, rows.Read(y), v => v > 1 - 1e-6 && v < n + 1e-6);
                Kernels.SoftRankVjp(source, permutation, ends, gradient, n, order, product);
                Holds($"VJP, {order}", isMasked: true, rows.Read(product), double.IsFinite);
                Kernels.SoftSortForward(source, n, order, y, permutation, ends);
                Holds($"sort, {order}", isMasked: false, rows.Read(y), double.IsFinite);
                Kernels.SoftSortVjp(source, permutation, ends, gradient, n, order, product);
                Holds($"sort, VJP, {order}", isMasked: false, rows.Read(product), double.IsFinite);
            }

            return mask;
        }

        /// <param name="what">The operator.</param>
        /// <param name="isMasked">Whether -infinity is admitted.</param>
        /// <param name="values">What it gave.</param>
        /// <param name="holds">What is so in a row that is admitted; another is NaN.</param>
        private void Holds(string what, bool isMasked, double[] values, Predicate<double> holds)
        {
            for (var start = 0; start < x.Length; start += n)
            {
                var row = x[start..(start + n)];
                var isAdmitted = Array.TrueForAll(row, v => double.IsFinite(v) || (isMasked && double.IsNegativeInfinity(v)));
                Assert.True(
                    Array.TrueForAll(values[start..(start + n)], isAdmitted ? holds : double.IsNaN),
                    $"{name}, {what}: {string.Join(", ", values[start..(start + n)].Take(12))} of {string.Join(", ", row.Take(12))}");
            }
        }
    }
}

public sealed class HostileOnOpenCl() : HostileTests<OpenClDevices>(100);

public sealed class HostileOnCuda() : HostileTests<CudaDevices>(100);

public sealed class HostileOnCpu() : HostileTests<FallbackCpuDevices>(4, eachNorm: 7);
