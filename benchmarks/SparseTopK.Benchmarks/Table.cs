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
            WriteLine(caseHead, columns.Select(column => column.Name));
        }

        var subject = work();
        using var owned = subject as IDisposable;
        var medians = Timing.Medians(columns, subject, settings.Seconds);
        WriteLine(name, medians.Select(time => cell(time, medians[0])));
    }

    private void WriteLine(string head, IEnumerable<string> cells) =>
        settings.Output.WriteLine(head.PadRight(CaseWidth) + string.Concat(cells.Select(cell => cell.PadLeft(CellWidth))));
}

/// <summary>How tables are measured and where they go.</summary>
/// <param name="Seconds">Time for each case.</param>
/// <param name="Filter">Only cases whose name holds this.</param>
/// <param name="Output">Where they are printed.</param>
internal sealed record Settings(double Seconds, string Filter, TextWriter Output);
