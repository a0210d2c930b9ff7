using System.Globalization;
using SparseTopK.Quickstart.Charts;

namespace SparseTopK.Experiments.Pruning;

/// <summary>Accuracy against sparsity: a line per method, a bar of one standard deviation at each point.</summary>
internal static class PruneChart
{
    private static readonly LineStyle DenseStyle = new("dense", "#444444", "5 4");

    private static readonly string[] Colors = ["#009e73", "#cc79a7", "#0072b2", "#d55e00"];

    public static string Draw(string data, IReadOnlyList<PruneOutcome> outcomes)
    {
        var sparsities = PruneReport.Sparsities(outcomes);
        var ticks = sparsities.Select((sparsity, i) => ((double)i, sparsity.ToString(CultureInfo.InvariantCulture) + " %")).ToArray();
        var x = new Axis("weights that are 0", -0.4, ticks.Length - 0.6, ticks);
        var lowest = outcomes.Where(outcome => outcome.Recipe.Sparsity > 0).Min(outcome => outcome.Accuracy);
        var y = Axis.Every("test accuracy in %", 10 * Math.Floor(lowest / 10), 100, 10);
        var chart = new SvgChart($"{data}, {outcomes[0].Recipe.Network}: accuracy against sparsity", x, y);
        var dense = PruneReport.Of(outcomes, PruneMethod.Dense, 0).Mean;
        chart.Line(DenseStyle, [(x.From, dense), (x.To, dense)]);
        foreach (var (method, color) in PruneReport.Methods.Zip(Colors))
        {
            var style = new LineStyle(PruneReport.NameOf(method), color);
            var summaries = Array.ConvertAll(sparsities, sparsity => PruneReport.Of(outcomes, method, sparsity));
            chart.Line(style, summaries.Select((summary, i) => ((double)i, summary.Mean)));
            for (var i = 0; i < summaries.Length; i++)
            {
                chart.ErrorBar(style, i, summaries[i].Mean, summaries[i].Bar);
            }
        }

        return chart.ToString();
    }
}
