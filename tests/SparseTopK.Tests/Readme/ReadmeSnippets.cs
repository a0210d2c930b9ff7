namespace SparseTopK.Tests.Readme;

/// <summary>The README's C# blocks, in its order. <see cref="ReadmeTests"/> holds the two together, and runs these.</summary>
internal static class ReadmeSnippets
{
    internal static readonly Action[] All = [Mask, Backward, Magnitude, Batches, Sparse, Ranks, Sorted, Monotone, Sweeps];

    private static void Mask()
    {
        #region snippet
        float[] scores = [2.0f, 1.2f, 1.0f, -0.5f];
        PNorm norm = PNorm.Quadratic(lambda: 0.5);

        float[] mask = TopKMask.Forward<float>(scores, k: 2, norm);
        Console.WriteLine(string.Join("  ", mask.Select(y => y.ToString("0.00"))));
        #endregion
    }

    private static void Backward()
    {
        #region snippet
        float[] scores = [2.0f, 1.2f, 1.0f, -0.5f];
        PNorm norm = PNorm.Quadratic(lambda: 0.5);
        float[] mask = TopKMask.Forward<float>(scores, k: 2, norm);

        float[] gradOutput = [1, 2, 3, 4];          // of the loss, with respect to the mask
        float[] gradInput = TopKMask.Vjp<float>(mask, gradOutput, n: 4, norm);
        Console.WriteLine(string.Join("  ", gradInput.Select(g => g.ToString("0.00"))));
        #endregion
    }

    private static void Magnitude()
    {
        #region snippet
        double[] weights = [-3.0, 0.4, 2.5, -2.4, 0.1, 0.0];
        PNorm norm = PNorm.Quadratic(lambda: 0.2);

        double[] kept = TopKMagnitude.Forward<double>(weights, n: 6, k: 2, norm, out double[] thresholds);
        Console.WriteLine(string.Join("  ", kept.Select(z => z.ToString("0.00"))));

        double[] gradOutput = [1, 1, 1, 1, 1, 1];
        double[] gradInput = TopKMagnitude.Vjp<double>(weights, thresholds, gradOutput, n: 6, k: 2, norm);
        Console.WriteLine(string.Join("  ", gradInput.Select(g => g.ToString("0.00"))));
        #endregion
    }

    private static void Batches()
    {
        #region snippet
        float[] rows = [3, 1, 0.9f, 0, 5, 4, 3, 2];  // two rows of four
        int[] k = [2, 1];                           // one k per row
        float[] masks = new float[rows.Length];
        double[] thresholds = new double[2];

        TopKMask.Forward(rows, n: 4, k, PNorm.Smooth(lambda: 0.5), masks, thresholds);
        Console.WriteLine(string.Join("  ", masks.Select(y => y.ToString("0.00"))));
        Console.WriteLine(string.Join("  ", thresholds.Select(tau => tau.ToString("0.00"))));
        #endregion
    }

    private static void Sparse()
    {
        #region snippet
        float[] scores = [0.1f, 2.0f, -1.0f, 1.9f, 0.3f, 1.8f];
        int[] counts = new int[1], indices = new int[6];
        float[] values = new float[6];

        int pairs = TopKMask.ForwardSparse<float>(scores, n: 6, k: 2, PNorm.Quadratic(0.3), counts, indices, values);
        for (int i = 0; i < pairs; i++)
        {
            Console.WriteLine($"{indices[i]}: {values[i]:0.00}");
        }
        #endregion
    }

    private static void Ranks()
    {
        #region snippet
        float[] scores = [2.9f, 0.1f, 1.2f, 1.0f];
        SoftOrder order = new(Lambda: 0.5);

        float[] ranks = SoftRank.Forward<float>(scores, n: 4, order, out int[] permutation, out int[] blockEnds);
        Console.WriteLine(string.Join("  ", ranks.Select(y => y.ToString("0.00"))));

        float[] gradOutput = [1, 2, 3, 4];
        float[] gradInput = SoftRank.Vjp<float>(scores, permutation, blockEnds, gradOutput, n: 4, order);
        Console.WriteLine(string.Join("  ", gradInput.Select(g => g.ToString("0.00"))));
        #endregion
    }

    private static void Sorted()
    {
        #region snippet
        float[] values = [0.5f, 9.0f, 3.0f, 2.0f];
        foreach (double lambda in new[] { 0.1, 1.0, 100.0 })
        {
            float[] sorted = SoftSort.Forward<float>(values, new SoftOrder(lambda, SortDirection.Descending));
            Console.WriteLine(string.Join("  ", sorted.Select(y => y.ToString("0.00"))));
        }
        #endregion
    }

    private static void Monotone()
    {
        #region snippet
        double[] noisy = [1.0, 3.0, 2.0, 4.0, 3.5, 5.0];
        double[] fit = IsotonicRegression.Forward<double>(noisy, IsotonicOrder.Increasing);
        Console.WriteLine(string.Join("  ", fit.Select(v => v.ToString("0.00"))));

        double[] choice = Permutahedron.Forward<double>([2.0, 1.2, 1.0, -0.5], [3, 1, 0, 0], PNorm.Quadratic(lambda: 0.5));
        Console.WriteLine(string.Join("  ", choice.Select(y => y.ToString("0.00"))));
        #endregion
    }

    private static void Sweeps()
    {
        #region snippet
        float[] scores = [2.0f, 1.2f, 1.0f, -0.5f];
        float[] mask = new float[4];
        DykstraResult[] results = new DykstraResult[1];

        DykstraOptions options = new() { Tolerance = 1e-8, MaxHalfSweeps = 100 };
        TopKMask.Forward<float>(scores, n: 4, k: [2], PNorm.Quadratic(lambda: 0.5), mask, thresholds: [], options, results);
        Console.WriteLine(string.Join("  ", mask.Select(y => y.ToString("0.00"))));
        Console.WriteLine($"{results[0].HalfSweeps} half-sweeps, converged: {results[0].Converged}");
        #endregion
    }
}
