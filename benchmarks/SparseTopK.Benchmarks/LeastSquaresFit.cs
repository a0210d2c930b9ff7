namespace SparseTopK.Benchmarks;

/// <summary>The straight line nearest to points.</summary>
internal static class LeastSquaresFit
{
    /// <summary>The b of the a + b x with the least sum of squares.</summary>
    public static double Slope(IReadOnlyCollection<(double X, double Y)> points)
    {
        var (x, y) = (points.Average(point => point.X), points.Average(point => point.Y));
        return points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
    }
}
