using SparseTopK.Quickstart.Charts;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>What the losses for k = 3 and 5 gain over cross-entropy in top-3 and top-5 accuracy: points, and bars of two standard errors.</summary>
internal static class LossChart
{
    private static readonly string[] Colors = ["#0072b2", "#56b4e9", "#d55e00", "#e69f00"];

    public static string Draw(IReadOnlyList<LossOutcome> outcomes)
    {
        int[] ks = [.. LossTraining.Ks.Where(k => k > 1)];
        var methods = LossExperiment.Methods.Where(method => method.Loss != LossKind.CrossEntropy && method.K > 1).ToList();
        var gains = methods.ToDictionary(method => method, method => Array.ConvertAll(ks, k => LossReport.Gain(outcomes, method, k)));
        var furthest = gains.Values.Max(method => method.Max(gain => Math.Abs(gain.Mean) + (2 * gain.ErrorBar)));
        var reach = Math.Max(1, Math.Ceiling(5 * furthest)) / 5;
        var x = new Axis("", -0.5, ks.Length - 0.5, [.. ks.Select((k, i) => ((double)i, $"top-{k}"))]);
        var chart = new SvgChart(
            "Gain over cross-entropy, ± 2 standard errors", x, Axis.Every("points of accuracy", -reach, reach, reach / 4));
        chart.Line(new("cross-entropy", "#444444", "5 4"), [(x.From, 0), (x.To, 0)]);
        foreach (var (index, (method, color)) in methods.Zip(Colors).Index())
        {
            var style = new LineStyle(LossReport.NameOf(method), color);
            chart.Line(style, []); // Points alone, and the legend.
            foreach (var (i, gain) in gains[method].Index())
            {
                chart.ErrorBar(style, i + (0.15 * (index - ((methods.Count - 1) / 2.0))), gain.Mean, 2 * gain.ErrorBar);
            }
        }

        return chart.ToString();
    }
}
