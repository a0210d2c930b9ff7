namespace SparseTopK.TestKit;

/// <summary>One row solved slowly and plainly, with what its derivative needs.</summary>
/// <param name="Output">y (mask) or z (magnitude).</param>
/// <param name="Threshold">tau or gamma.</param>
/// <param name="Level">How far each key lies above the threshold, in widths: 0 and below is dropped, 1 and above kept whole.</param>
/// <param name="Width">lambda (mask) or lambda gamma^(p-1) (magnitude).</param>
/// <param name="Margin">The distance to the nearest kink, in widths.</param>
public sealed record OracleRow(double[] Output, double Threshold, double[] Level, double Width, double Margin)
{
    public bool IsInvalid => double.IsNaN(Threshold);

    /// <summary>A row that holds what the operator does not admit.</summary>
    public static OracleRow Invalid(int n) =>
        new(Filled(n, double.NaN), double.NaN, Filled(n, double.NaN), double.NaN, double.PositiveInfinity);

    /// <summary>A row whose entries are each kept whole or dropped.</summary>
    public static OracleRow Hard(double[] output, double threshold, Func<int, bool> isKept, double margin) =>
        new(output, threshold, [.. Enumerable.Range(0, output.Length).Select(i => isKept(i) ? 2.0 : -1.0)], 1, margin);

    private static double[] Filled(int n, double value)
    {
        var filled = new double[n];
        Array.Fill(filled, value);
        return filled;
    }
}
