namespace SparseTopK.Quickstart.Charts;

/// <summary>How the mask of (3, 1, -1+s, s), k = 2, answers as s grows: hard top-k jumps, the soft operators do not.</summary>
internal static class OperatorPathChart
{
    private const int Kept = 2;
    private const double LargestS = 6;
    private const double Step = 0.01;

    /// <summary>Two entries of the mask: the fourth, which passes the second where s = 1, and the third, which passes the first where s = 4.</summary>
    public static string Draw()
    {
        var chart = new SvgChart(
            "The mask of (3, 1, −1+s, s), k = 2, λ = 1",
            Axis.Every("s", 0, LargestS, 1),
            Axis.Every("entry of the mask", 0, 1, 0.2) with { To = 1.1 });
        Add(chart, new LineStyle("hard top-k", "#444444", "5 4"), HardMask);
        Add(chart, new LineStyle("p = 2", "#0072b2"), x => SoftMask(x, PNorm.Quadratic(1)));
        Add(chart, new LineStyle("p = 4/3", "#d55e00"), x => SoftMask(x, PNorm.Smooth(1)));
        chart.Note(1.4, 1.05, "entry 4");
        chart.Note(4.6, 1.05, "entry 3");
        return chart.ToString();
    }

    private static void Add(SvgChart chart, LineStyle style, Func<double[], double[]> mask)
    {
        var steps = (int)Math.Round(LargestS / Step);
        var values = Enumerable.Range(0, steps + 1).Select(i => i * Step).ToArray();
        var masks = values.Select(s => mask([3, 1, -1 + s, s])).ToArray();
        chart.Line(style, values.Zip(masks, (s, y) => (s, y[3])));
        chart.Line(style, values.Zip(masks, (s, y) => (s, y[2])), inLegend: false);
    }

    private static double[] SoftMask(double[] x, PNorm norm)
    {
        var mask = new double[x.Length];
        TopKMask.Forward<double>(x, x.Length, Kept, norm, mask);
        return mask;
    }

    private static double[] HardMask(double[] x)
    {
        var threshold = x.Order().ElementAt(x.Length - Kept);
        return Array.ConvertAll(x, value => value >= threshold ? 1.0 : 0.0);
    }
}
