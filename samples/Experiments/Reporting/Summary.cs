using System.Globalization;

namespace SparseTopK.Experiments.Reporting;

/// <summary>The mean of the seeds, their sample standard deviation (not a number for one seed), and how many there are.</summary>
internal readonly record struct Summary(double Mean, double Deviation, int Count)
{
    /// <summary>The deviation as charts show it: nothing for one seed.</summary>
    public double Bar => double.IsNaN(Deviation) ? 0 : Deviation;

    /// <summary>The standard error as charts show it.</summary>
    public double ErrorBar => Bar / Math.Sqrt(Count);

    public double StandardError => Deviation / Math.Sqrt(Count);

    public static Summary Of(IEnumerable<double> numbers)
    {
        var values = numbers.ToArray();
        var mean = values.Average();
        var squares = values.Sum(value => (value - mean) * (value - mean));
        return new(mean, Math.Sqrt(squares / (values.Length - 1)), values.Length);
    }

    /// <summary>Of what one method gains over another on the same seeds: the networks of a seed start alike and see the same images, so that
    /// much of their scatter is common to both.</summary>
    public static Summary OfDifferences(IReadOnlyList<double> numbers, IReadOnlyList<double> others) =>
        Of(numbers.Zip(others, (number, other) => number - other));

    public override string ToString() => $"{Number(Mean)} ± {Number(Deviation)}";

    public static string Signed(double value) => Number(value, "+0.00;-0.00;0.00");

    /// <summary>Two digits after the point; a dash where it is not a number.</summary>
    public static string Number(double value, string format = "F2") => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
