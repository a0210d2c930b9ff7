namespace SparseTopK.Benchmarks;

/// <summary>A table of times, one line per case; its head comes with the first case that the filter lets through.</summary>
internal sealed class Table<TWork>(string title, string caseHead, Column<TWork>[] columns, Settings settings)
{
    private const int CaseWidth = 32;
    private const int CellWidth = 20;

    private bool _begun;

    /// <summary>Times a case: milliseconds, and in brackets the ratio to the first column.</summary>
    public void Compare(string name, Func<TWork> work) =>
        Measure(name, work, (time, first) => FormattableString.Invariant($"{time * 1e3:0.0000} ({time / first:0.00})"));

    /// <summary>Times a case: nanoseconds for each of its entries.</summary>
    public void PerEntry(string name, int entries, Func<TWork> work) =>
        Measure(name, work, (time, _) => FormattableString.Invariant($"{time * 1e9 / entries:0.0}"));

    /// <summary>Times a case: milliseconds, GB/s over so many bytes, and in brackets the ratio to the first column.</summary>
    public void Throughput(string name, long bytes, Func<TWork> work) =>
        Measure(name, work, (time, first) => FormattableString.Invariant($"{time * 1e3:0.000} {bytes / time / 1e9:0.0} ({time / first:0.00})"));

    private void Measure(string name, Func<TWork> work, Func<double, double, string> cell)
    {
        if (!name.Contains(settings.Filter, StringComparison.Ordinal))
        {
            return;
        }

        if (!_begun)
        {
            _begun = true;
            settings.Output.WriteLine($"{Environment.NewLine}{title}");
            WriteLine(caseHead, columns.Select(column => column.Name).Concat(settings.Beside.Columns(title)));
        }

        var subject = work();
        using var owned = subject as IDisposable;
        var medians = Timing.Medians(columns, subject, settings.Seconds);
        settings.Results.AddRange(columns.Zip(medians, (column, time) => new Measurement(title, name, column.Name, time, time / medians[0])));
        var others = settings.Beside.Columns(title).Select(column => settings.Beside.Seconds(title, name, column));
        WriteLine(name, medians.Concat(others).Select(time => double.IsNaN(time) ? "-" : cell(time, medians[0])));
    }

    private void WriteLine(string head, IEnumerable<string> cells) =>
        settings.Output.WriteLine(head.PadRight(CaseWidth) + string.Concat(cells.Select(cell => cell.PadLeft(CellWidth))));
}

/// <summary>How tables are measured and where they go.</summary>
/// <param name="Seconds">Time for each case.</param>
/// <param name="Filter">Only cases whose name holds this.</param>
/// <param name="Output">Where they are printed.</param>
internal sealed record Settings(double Seconds, string Filter, TextWriter Output)
{
    /// <summary>What was measured.</summary>
    public List<Measurement> Results { get; } = [];

    /// <summary>What other programs measured, to be laid beside it.</summary>
    public OtherResults Beside { get; init; } = new([]);
}

/// <summary>Results of other programs.</summary>
internal sealed class OtherResults(IReadOnlyList<Measurement> results)
{
    /// <summary>The columns that they have for a table.</summary>
    public IEnumerable<string> Columns(string table) => results.Where(result => result.Table == table).Select(result => result.Column).Distinct();

    /// <summary>The time of one cell; NaN where they have none.</summary>
    public double Seconds(string table, string name, string column) =>
        results.LastOrDefault(result => result.Table == table && result.Case == name && result.Column == column)?.Seconds ?? double.NaN;
}
