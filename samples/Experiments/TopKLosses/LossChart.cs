using SparseTopK.Quickstart.Charts;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>What each loss gains over cross-entropy, at k = 1, 3, 5, in points of top-k accuracy.</summary>
internal static class LossChart
{
    private static readonly string[] Colors = ["#444444", "#56b4e9", "#0072b2", "#332288", "#e69f00", "#d55e00", "#882255"];

    public static string Draw(IReadOnlyList<LossOutcome> outcomes)
    {
        var methods = outcomes.GroupBy(outcome => outcome.Recipe.Method).Select(method => (method.Key, Runs: method.ToList())).ToList();
        double Gain(List<LossOutcome> runs, int k) => LossReport.Of(runs, k).Mean - LossReport.Of(methods[0].Runs, k).Mean;
        var ks = LossTraining.Ks;
        var reach = Math.Ceiling(methods.Max(method => ks.Max(k => Math.Abs(Gain(method.Runs, k)))));
        reach = Math.Max(1, reach);
        var x = new Axis("k of the accuracy", -0.4, ks.Length - 0.6, [.. ks.Select((k, i) => ((double)i, $"top-{k}"))]);
        var chart = new SvgChart("Gain over cross-entropy", x, Axis.Every("points of accuracy", -reach, reach, reach / 4));
        foreach (var ((method, runs), color) in methods.Zip(Colors))
        {
            chart.Line(new(LossReport.NameOf(method), color), ks.Select((k, i) => ((double)i, Gain(runs, k))));
        }

        return chart.ToString();
    }
}
