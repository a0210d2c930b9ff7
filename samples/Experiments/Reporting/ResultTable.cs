using System.Text;
using Spectre.Console;

namespace SparseTopK.Experiments.Reporting;

/// <summary>A table for the console and for a Markdown file.</summary>
internal sealed record ResultTable(string Title, IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    public Table ForConsole()
    {
        var table = new Table().Title(Markup.Escape(Title));
        table.AddColumns([.. Headers.Select((header, i) => i == 0 ? new TableColumn(header) : new TableColumn(header).RightAligned())]);
        foreach (var row in Rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        return table;
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder($"{Title}\n\n");
        Line(text, Headers);
        Line(text, [.. Headers.Select((_, i) => i == 0 ? "---" : "---:")]);
        foreach (var row in Rows)
        {
            Line(text, row);
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
