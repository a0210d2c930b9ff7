using SparseTopK.Quickstart.Charts;
using SparseTopK.Torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>The accuracy of every router: its mean, and a bar of one standard deviation.</summary>
internal static class MixtureChart
{
    private static readonly LineStyle[] Styles = [new("hard, softmax gates", "#0072b2"), new("soft, p = 2", "#d55e00"), new("soft, p = 4/3", "#e69f00")];

    public static string Draw(string data, IReadOnlyList<MixtureOutcome> outcomes)
    {
        var choices = Enum.GetValues<RoutingChoice>();
        var summaries = MixtureMethod.All.ToDictionary(method => method, method => MixtureReport.Of(outcomes, method));
        var low = Math.Floor(summaries.Values.Min(summary => summary.Mean - summary.Bar));
        var high = Math.Ceiling(summaries.Values.Max(summary => summary.Mean + summary.Bar) + 0.01);
        var x = new Axis("", -0.5, choices.Length - 0.5, [.. choices.Select((choice, i) => ((double)i, $"{choice} choice"))]);
        var chart = new SvgChart($"{data}: mixtures of experts", x, Axis.Every("test accuracy in %", low, high, (high - low) / 4));
        var dense = summaries[MixtureMethod.Dense].Mean;
        chart.Line(new("no experts", "#444444", "5 4"), [(x.From, dense), (x.To, dense)]);
        var routers = MixtureMethod.All.Where(method => method.Kind != RouterKind.None).GroupBy(method => method.P);
        foreach (var (index, (router, style)) in routers.Zip(Styles).Index())
        {
            double Place(MixtureMethod method) => (int)method.Choice + (0.2 * (index - 1));
            chart.Line(style, []); // Points alone, and the legend.
            foreach (var method in router)
            {
                chart.ErrorBar(style, Place(method), summaries[method].Mean, summaries[method].Bar);
            }
        }

        return chart.ToString();
    }
}
