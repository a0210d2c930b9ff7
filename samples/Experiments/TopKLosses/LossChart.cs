using SparseTopK.Experiments.Reporting;
using SparseTopK.Quickstart.Charts;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>What each loss gains over cross-entropy, at k = 1, 3, 5, in points of top-k accuracy.</summary>
internal static class LossChart
{
    private static readonly string[] Colors = ["#56b4e9", "#0072b2", "#332288", "#e69f00", "#d55e00", "#882255"];

    public static string Draw(IReadOnlyList<LossOutcome> outcomes)
    {
        var ks = LossTraining.Ks;
        var methods = LossExperiment.Methods.Where(method => method.Loss != LossKind.CrossEntropy).ToList();
        var gains = methods.ToDictionary(method => method, method => Array.ConvertAll(ks, k => LossReport.Gain(outcomes, method, k)));
        var reach = Math.Max(0.5, Math.Ceiling(2 * gains.Values.Max(method => method.Max(gain => Math.Abs(gain.Mean) + (2 * ErrorOf(gain))))) / 2);
        var x = new Axis("k of the accuracy", -0.4, ks.Length - 0.6, [.. ks.Select((k, i) => ((double)i, $"top-{k}"))]);
        var chart = new SvgChart("Gain over cross-entropy, ± 2 standard errors", x, Axis.Every("points of accuracy", -reach, reach, reach / 4));
        chart.Line(new("cross-entropy", "#444444", "5 4"), [(x.From, 0), (x.To, 0)]);
        foreach (var (index, (method, color)) in methods.Zip(Colors).Index())
        {
            double Place(int i) => i + (0.06 * (index - ((methods.Count - 1) / 2.0)));
            var style = new LineStyle(LossReport.NameOf(method), color);
            chart.Line(style, gains[method].Select((gain, i) => (Place(i), gain.Mean)));
            for (var i = 0; i < ks.Length; i++)
            {
                chart.ErrorBar(style, Place(i), gains[method][i].Mean, 2 * ErrorOf(gains[method][i]));
            }
        }

        return chart.ToString();
    }

    private static double ErrorOf(Summary gain) => gain.Bar / Math.Sqrt(gain.Count);
}
