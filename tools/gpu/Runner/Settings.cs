using System.Globalization;
using Xunit.Abstractions;

namespace Runner;

/// <summary>The command line.</summary>
/// <param name="Suite">The name of a test assembly beside this program.</param>
/// <param name="Included">Parts of "Namespace.Class.Method", one of which a test must contain; none for all tests.</param>
/// <param name="Excluded">Parts that it must not contain.</param>
/// <param name="Seconds">After so long no further test begins, and the run counts as failed; 0 for no limit.</param>
/// <param name="Log">A file with a line for each test as it ends, or null.</param>
/// <param name="Json">A file for the summary, or null.</param>
/// <param name="ForbidsSkips">Whether a skipped test makes the run fail.</param>
/// <param name="IsList">Whether the tests are listed and not run.</param>
internal sealed record Settings(
    string Suite, IReadOnlyList<string> Included, IReadOnlyList<string> Excluded, double Seconds, string? Log, string? Json, bool ForbidsSkips, bool IsList)
{
    private const string Usage =
        "Runner SUITE [--class PART]... [--not PART]... [--seconds N] [--log FILE] [--json FILE] [--forbid-skips] [--list]";

    /// <returns>Null where the arguments make no sense, which the writer was told.</returns>
    public static Settings? Parse(IReadOnlyList<string> arguments, TextWriter errors)
    {
        var (included, excluded) = (new List<string>(), new List<string>());
        var settings = new Settings(arguments.Count > 0 ? arguments[0] : string.Empty, included, excluded, 0, null, null, false, false);
        for (var i = 1; i < arguments.Count; i++)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : string.Empty;
            switch (arguments[i])
            {
                case "--class": included.Add(value); i++; break;
                case "--not": excluded.Add(value); i++; break;
                case "--seconds": settings = settings with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) }; i++; break;
                case "--log": settings = settings with { Log = value }; i++; break;
                case "--json": settings = settings with { Json = value }; i++; break;
                case "--forbid-skips": settings = settings with { ForbidsSkips = true }; break;
                case "--list": settings = settings with { IsList = true }; break;
                default: errors.WriteLine($"Unknown argument {arguments[i]}. {Usage}"); return null;
            }
        }

        if (settings.Suite.Length == 0)
        {
            errors.WriteLine(Usage);
            return null;
        }

        return settings;
    }

    public bool Selects(ITestCase test)
    {
        var name = $"{test.TestMethod.TestClass.Class.Name}.{test.TestMethod.Method.Name}";
        return (Included.Count == 0 || Included.Any(name.Contains)) && !Excluded.Any(name.Contains);
    }
}
