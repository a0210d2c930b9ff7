using System.Globalization;

namespace SparseTopK.Experiments.Reporting;

/// <summary>The mean of the seeds, their sample standard deviation (0 for one seed), and how many there are.</summary>
internal readonly record struct Summary(double Mean, double Deviation, int Count)
{
    public double StandardError => Deviation / Math.Sqrt(Count);

    public static Summary Of(IEnumerable<double> numbers)
    {
        var values = numbers.ToArray();
        var mean = values.Average();
        var squares = values.Sum(value => (value - mean) * (value - mean));
        return new(mean, values.Length > 1 ? Math.Sqrt(squares / (values.Length - 1)) : 0, values.Length);
    }

    /// <summary>Of what one method gains over another on the same seeds: the networks of a seed start alike and see the same images, so that
    /// much of their scatter is common to both.</summary>
    public static Summary OfDifferences(IReadOnlyList<double> numbers, IReadOnlyList<double> others) =>
        Of(numbers.Zip(others, (number, other) => number - other));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mean:F2} ± {Deviation:F2}");
}
