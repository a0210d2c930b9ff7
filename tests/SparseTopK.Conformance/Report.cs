using SparseTopK.TestKit;

namespace SparseTopK.Conformance;

/// <summary>Runs a file of cases and prints, per operator, the worst errors and where they are.</summary>
public static class Report
{
    /// <summary>Prints the report.</summary>
    /// <returns>0 where every case that was compared is within its tolerance; 1 where one is not; 2 where none was compared, or the file
    /// cannot be read.</returns>
    public static int Run(string path, TopKSolver solver, string type, TextWriter output, TextWriter error)
    {
        var results = new SortedDictionary<string, Summary>(StringComparer.Ordinal);
        var skipped = new SortedDictionary<string, int>(StringComparer.Ordinal);
        try
        {
            foreach (var golden in GoldenCase.Read(path))
            {
                if (!golden.IsKnown)
                {
                    skipped[golden.Op] = skipped.GetValueOrDefault(golden.Op) + 1;
                    continue;
                }

                var deviation = type == "double"
                    ? TestKit.Conformance.Measure<double>(golden, solver)
                    : TestKit.Conformance.Measure<float>(golden, solver);
                results[golden.Op] = results.GetValueOrDefault(golden.Op).With(golden, deviation);
            }
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            error.WriteLine(problem.Message);
            return 2;
        }

        Print(results, skipped, $"{path}, solver {solver}, {type}", output);
        return results.Count == 0 ? 2 : results.Values.All(summary => summary.Failures.Length == 0) ? 0 : 1;
    }

    private static void Print(
        SortedDictionary<string, Summary> results, SortedDictionary<string, int> skipped, string title, TextWriter output)
    {
        output.WriteLine(title);
        output.WriteLine("op         cases  compared     y: error  of tol.   line    vjp: error  of tol.   line");
        foreach (var (op, s) in results)
        {
            output.WriteLine(FormattableString.Invariant(
                $"{op,-9} {s.Cases,6} {s.Compared,9}  {s.Forward.Error,12:e2} {s.Forward.Share,8:0.000} {s.Forward.Line,6}  {s.Vjp.Error,12:e2} {s.Vjp.Share,8:0.000} {s.Vjp.Line,6}"));
        }

        foreach (var (op, count) in skipped)
        {
            output.WriteLine($"skipped: {op} ({count} cases), an operator that this program does not know");
        }

        foreach (var failure in results.Values.SelectMany(summary => summary.Failures))
        {
            output.WriteLine(failure);
        }

        output.WriteLine(results.Count == 0 ? "no case was compared" :
            results.Values.Any(summary => summary.Failures.Length > 0) ? "FAILED" : "all within tolerance");
    }

    /// <summary>The worst of one quantity: its error, that over its tolerance, and the line.</summary>
    private readonly record struct Worst(double Error, double Share, int Line)
    {
        public Worst With(double error, double share, int line) => share > Share || Line == 0 ? new(error, share, line) : this;
    }

    private readonly record struct Summary(int Cases, int Compared, Worst Forward, Worst Vjp, string? FailureText)
    {
        public string[] Failures => FailureText?.Split('\n') ?? [];

        public Summary With(GoldenCase golden, Deviation deviation)
        {
            var vjp = deviation.Vjp is { } share ? Vjp.With(deviation.VjpError, share, golden.Line) : Vjp;
            var text = FailureText;
            if (deviation.Forward > 1 || deviation.Vjp > 1)
            {
                var line = FormattableString.Invariant(
                    $"line {golden.Line} ({golden.Id}, {golden.Note}): y at {deviation.Forward:0.###} and vjp at {deviation.Vjp ?? 0:0.###} of the tolerance");
                text = text is null ? line : $"{text}\n{line}";
            }

            return new(Cases + 1, Compared + (deviation.Vjp is null ? 0 : 1), Forward.With(deviation.ForwardError, deviation.Forward, golden.Line), vjp, text);
        }
    }
}
