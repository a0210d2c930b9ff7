using System.Globalization;

namespace SparseTopK.Quickstart;

/// <summary>The mean of some accuracies and their sample standard deviation, in percent. One accuracy has no deviation.</summary>
internal readonly record struct Summary(double Mean, double? Deviation)
{
    public static Summary Of(IEnumerable<Outcome> outcomes)
    {
        var accuracies = outcomes.Select(outcome => outcome.Accuracy).ToArray();
        var mean = accuracies.Average();
        var squares = accuracies.Sum(accuracy => (accuracy - mean) * (accuracy - mean));
        return new Summary(mean, accuracies.Length > 1 ? Math.Sqrt(squares / (accuracies.Length - 1)) : null);
    }

    public override string ToString() => Deviation is { } deviation
        ? string.Create(CultureInfo.InvariantCulture, $"{Mean:F1} ± {deviation:F1}")
        : Mean.ToString("F1", CultureInfo.InvariantCulture);
}
