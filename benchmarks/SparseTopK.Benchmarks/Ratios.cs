using System.Numerics;
using System.Runtime.InteropServices;

namespace SparseTopK.Benchmarks;

/// <summary>Quick tables of ratios: top-k, isotonic regression, soft ranks and sorts.</summary>
internal static class Ratios
{
    private const double Lambda = 0.1;

    private static readonly PNorm Quadratic = PNorm.Quadratic(Lambda);
    private static readonly PNorm Smooth = PNorm.Smooth(Lambda);

    private static readonly (int Rows, int N, int K)[] Cases =
    [
        (4096, 8, 2), (4096, 64, 2), (1, 1000, 10), (1, 32768, 64), (1, 100_000, 1000), (1, 1_000_000, 10_000),
        (1, 10_000_000, 1_000_000), (1024, 1024, 32), (64, 32768, 64),
    ];

    private static readonly Column<Workload>[] Columns =
    [
        new("copy", static w => w.X.AsSpan().CopyTo(w.Other)),
        new("mask fwd", static w => w.Mask(Quadratic)),
        new("mask fwd+vjp", static w => w.MaskAndVjp(Quadratic)),
        new("p=4/3 fwd", static w => w.Mask(Smooth)),
        new("p=4/3 fwd+vjp", static w => w.MaskAndVjp(Smooth)),
        new("mag fwd", static w => w.Magnitude(Quadratic)),
        new("mag fwd+vjp", static w => w.MagnitudeAndVjp(Quadratic)),
        new("mag 4/3 fwd", static w => w.Magnitude(Smooth)),
        new("mag 4/3 fwd+vjp", static w => w.MagnitudeAndVjp(Smooth)),
    ];

    public static void Run(Settings settings, int threads)
    {
        TopKParallelism.MaxDegreeOfParallelism = threads;
        settings.Output.WriteLine(
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, vectors of {Vector<float>.Count} float, {threads} thread(s)");
        settings.Output.WriteLine("float32, standard normal. Milliseconds (median of rounds), and in brackets the ratio to the first column.");
        var table = new Table<Workload>(FormattableString.Invariant($"Top-k, lambda = {Lambda}."), "rows x n, k", Columns, settings);
        foreach (var (rows, n, k) in Cases)
        {
            table.Compare($"{rows} x {n}, k={k}", () => new Workload(rows, n, k));
        }

        IsotonicRatios.Run(settings);
        SoftOrderRatios.Run(settings);
    }
}
