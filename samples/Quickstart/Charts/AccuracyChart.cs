namespace SparseTopK.Quickstart.Charts;

/// <summary>Accuracy against sparsity: one line per method, a bar of one standard deviation at each point.</summary>
internal static class AccuracyChart
{
    private static readonly LineStyle DenseStyle = new("dense", "#444444", "5 4");

    private static readonly (Method Method, LineStyle Style)[] Methods =
    [
        (Method.SoftTopK, new("soft top-k (SparseTopK)", "#d55e00")),
        (Method.StraightThrough, new("straight-through top-k", "#0072b2")),
        (Method.PrunedAfterTraining, new("pruned after training", "#009e73")),
    ];

    public static string Draw(string datasetName, Settings settings, IReadOnlyList<Outcome> outcomes)
    {
        // The sparsities are evenly spaced: 98 and 99 % would nearly touch on a scale of their own.
        var ticks = settings.Sparsities.Select((sparsity, i) => ((double)i, $"{sparsity} %")).ToArray();
        var x = new Axis("weights that are 0", -0.4, ticks.Length - 0.6, ticks);
        var chart = new SvgChart($"{datasetName}: accuracy against sparsity", x, Axis.Every("test accuracy in %", 0, 100, 20));
        var dense = Summary.Of(outcomes.Where(outcome => outcome.Method == Method.Dense)).Mean;
        chart.Line(DenseStyle, [(x.From, dense), (x.To, dense)]);
        foreach (var (method, style) in Methods)
        {
            var summaries = settings.Sparsities.Select(sparsity => Summary.Of(outcomes.Where(
                outcome => outcome.Method == method && outcome.Sparsity == sparsity))).ToArray();
            chart.Line(style, summaries.Select((summary, i) => ((double)i, summary.Mean)));
            for (var i = 0; i < summaries.Length; i++)
            {
                chart.ErrorBar(style, i, summaries[i].Mean, summaries[i].Deviation ?? 0);
            }
        }

        return chart.ToString();
    }
}
