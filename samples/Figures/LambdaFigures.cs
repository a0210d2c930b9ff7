using SparseTopK.Quickstart.Charts;

namespace SparseTopK.Figures;

/// <summary>What lambda does to one row of scores: the figures of docs/choosing.md.</summary>
internal static class LambdaFigures
{
    private const int Scores = 1000;
    private const int Kept = 100;
    private const int Shown = 500;
    private const int DecadeSteps = 40;

    private static readonly (LineStyle Style, double Lambda)[] Lambdas =
        [(new("λ = 0.03", "#444444"), 0.03), (new("λ = 0.3", "#0072b2"), 0.3), (new("λ = 1", "#009e73"), 1), (new("λ = 3", "#d55e00"), 3), (new("λ = 10", "#cc79a7"), 10)];

    private static readonly float[] Sorted = [.. StandardNormal().OrderDescending()];

    /// <summary>The file of each figure, and its SVG.</summary>
    public static readonly (string Name, Func<string> Draw)[] All =
        [("lambda-masks.svg", Masks), ("lambda-gradient.svg", Gradients), ("lambda-counts.svg", Counts)];

    /// <summary>The mask of the same scores under several lambda.</summary>
    private static string Masks() =>
        ByRank("The mask of 1,000 standard normal scores, k = 100", Axis.Every("entry of the mask", 0, 1, 0.2), Lambdas, static (mask, _) => mask);

    /// <summary>How much the mask of an entry answers to its own score: the diagonal of the Jacobian.</summary>
    private static string Gradients() =>
        ByRank("How much an entry answers to its own score", Axis.Every("∂y / ∂x", 0, 3.5, 0.5), Lambdas[1..], Diagonal);

    /// <summary>How many entries are not 0, and how many have a gradient, as lambda grows.</summary>
    private static string Counts()
    {
        var chart = new SvgChart(
            "Of 1,000 standard normal scores, k = 100",
            new Axis("λ, in standard deviations of the scores (logarithmic)", -2, 1, [(-2, "0.01"), (-1, "0.1"), (0, "1"), (1, "10")]),
            Axis.Every("entries", 0, Scores, 200));
        var lambdas = Enumerable.Range(0, (3 * DecadeSteps) + 1).Select(i => -2 + (i / (double)DecadeSteps)).ToArray();
        foreach (var (p, color, name) in new[] { (2.0, "#0072b2", "p = 2"), (4.0 / 3, "#d55e00", "p = 4/3") })
        {
            var masks = lambdas.Select(exponent => TopKMask.Forward<float>(Sorted, Kept, new PNorm(p, Math.Pow(10, exponent)))).ToArray();
            chart.Line(new($"not 0, {name}", color), lambdas.Zip(masks, (x, mask) => (x, (double)mask.Count(y => y > 0))));
            chart.Line(new($"with a gradient, {name}", color, "5 4"), lambdas.Zip(masks, (x, mask) => (x, (double)mask.Count(y => y is > 0 and < 1))));
        }

        return chart.ToString();
    }

    private static string ByRank(string title, Axis y, (LineStyle Style, double Lambda)[] lambdas, Func<float[], PNorm, float[]> values)
    {
        var chart = new SvgChart(title, Axis.Every("rank of the score", 0, Shown, 100), y);
        foreach (var (style, lambda) in lambdas)
        {
            var norm = PNorm.Quadratic(lambda);
            var line = values(TopKMask.Forward<float>(Sorted, Kept, norm), norm);
            chart.Line(style, line.Take(Shown).Select((value, i) => (i + 1.0, (double)value)));
        }

        return chart.ToString();
    }

    private static float[] Diagonal(float[] mask, PNorm norm)
    {
        var diagonal = new float[Shown];
        for (var i = 0; i < Shown; i++)
        {
            var unit = new float[Scores];
            unit[i] = 1;
            diagonal[i] = TopKMask.Vjp<float>(mask, unit, Scores, norm)[i];
        }

        return diagonal;
    }

    private static IEnumerable<float> StandardNormal()
    {
        var random = new Random(1);
        for (var i = 0; i < Scores; i++)
        {
            yield return (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
    }
}
