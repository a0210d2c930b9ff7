using System.Globalization;
using System.Security;
using System.Text;

namespace SparseTopK.Quickstart.Charts;

/// <summary>How a line looks: its colour, and its dashes as in SVG's stroke-dasharray ("" for none).</summary>
internal sealed record LineStyle(string Label, string Color, string Dashes = "");

/// <summary>The values that an axis runs over, its title and its labelled ticks.</summary>
internal sealed record Axis(string Title, double From, double To, (double Value, string Label)[] Ticks)
{
    /// <summary>An axis with a tick at every multiple of a step.</summary>
    public static Axis Every(string title, double from, double to, double step)
    {
        var count = (int)Math.Round((to - from) / step);
        var values = Enumerable.Range(0, count + 1).Select(i => from + (i * step));
        return new Axis(title, from, to, [.. values.Select(value => (value, value.ToString("0.##", CultureInfo.InvariantCulture)))]);
    }
}

/// <summary>A line chart as SVG text, on a white ground so that it reads on any page. The legend lists the lines to the right.</summary>
internal sealed class SvgChart
{
    private const double Width = 760;
    private const double Height = 400;
    private const double Left = 64;
    private const double Right = 560;
    private const double Top = 48;
    private const double Bottom = 340;

    private readonly StringBuilder _body = new();
    private readonly Axis _x;
    private readonly Axis _y;
    private int _legendLines;

    public SvgChart(string title, Axis x, Axis y)
    {
        (_x, _y) = (x, y);
        Text((Left + Right) / 2, 26, title, "middle", "font-size='15' font-weight='bold'");
        Text((Left + Right) / 2, Bottom + 42, x.Title, "middle");
        Text(0, 0, y.Title, "middle", Invariant($"transform='translate(18 {(Top + Bottom) / 2:F1}) rotate(-90)'"));
        foreach (var (value, label) in x.Ticks)
        {
            Segment(X(value), Bottom, X(value), Bottom + 5, "#333333");
            Text(X(value), Bottom + 20, label, "middle");
        }

        foreach (var (value, label) in y.Ticks)
        {
            Segment(Left, Y(value), Right, Y(value), "#dddddd");
            Text(Left - 8, Y(value) + 4, label, "end");
        }

        Segment(Left, Bottom, Right, Bottom, "#333333");
        Segment(Left, Bottom, Left, Top, "#333333");
    }

    /// <summary>Draws a line through points.</summary>
    /// <param name="style">How it looks.</param>
    /// <param name="points">In the units of the axes.</param>
    /// <param name="inLegend">Whether the legend lists it.</param>
    public void Line(LineStyle style, IEnumerable<(double X, double Y)> points, bool inLegend = true)
    {
        var path = string.Join(' ', points.Select(point => Invariant($"{X(point.X):F1},{Y(point.Y):F1}")));
        _body.AppendLine($"<polyline points='{path}' fill='none' stroke-width='2' stroke-linejoin='round' {Stroke(style)}/>");
        if (inLegend)
        {
            var y = Top + 12 + (22 * _legendLines++);
            _body.AppendLine(Invariant(
                $"<line x1='{Right + 16}' y1='{y:F1}' x2='{Right + 44}' y2='{y:F1}' stroke-width='2' {Stroke(style)}/>"));
            Text(Right + 52, y + 4, style.Label, "start");
        }
    }

    /// <summary>Draws a point and a bar that reaches <paramref name="deviation"/> above and below it, cut at the axis' ends.</summary>
    public void ErrorBar(LineStyle style, double x, double y, double deviation)
    {
        var (low, high) = (Y(Math.Max(y - deviation, _y.From)), Y(Math.Min(y + deviation, _y.To)));
        Segment(X(x), low, X(x), high, style.Color);
        Segment(X(x) - 4, low, X(x) + 4, low, style.Color);
        Segment(X(x) - 4, high, X(x) + 4, high, style.Color);
        _body.AppendLine(Invariant($"<circle cx='{X(x):F1}' cy='{Y(y):F1}' r='3' fill='{style.Color}'/>"));
    }

    /// <summary>Writes text whose middle is at a point.</summary>
    public void Note(double x, double y, string text) => Text(X(x), Y(y), text, "middle");

    public override string ToString() => Invariant(
        $"""
        <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {Width} {Height}' width='{Width}' height='{Height}' font-family='sans-serif' font-size='12'>
        <rect width='100%' height='100%' fill='white'/>
        {_body}</svg>

        """);

    private static string Stroke(LineStyle style) => style.Dashes.Length == 0
        ? $"stroke='{style.Color}'"
        : $"stroke='{style.Color}' stroke-dasharray='{style.Dashes}'";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private double X(double value) => Left + ((value - _x.From) / (_x.To - _x.From) * (Right - Left));

    private double Y(double value) => Bottom - ((value - _y.From) / (_y.To - _y.From) * (Bottom - Top));

    private void Segment(double x1, double y1, double x2, double y2, string color) => _body.AppendLine(Invariant(
        $"<line x1='{x1:F1}' y1='{y1:F1}' x2='{x2:F1}' y2='{y2:F1}' stroke='{color}'/>"));

    private void Text(double x, double y, string text, string anchor, string attributes = "") => _body.AppendLine(Invariant(
        $"<text x='{x:F1}' y='{y:F1}' text-anchor='{anchor}' fill='#222222' {attributes}>{SecurityElement.Escape(text)}</text>"));
}
