namespace SparseTopK.Benchmarks;

/// <summary>Rows to run on, the same in every run.</summary>
internal static class Inputs
{
    /// <summary>Standard normal numbers (Box and Muller).</summary>
    public static double[] NormalDouble(int length, int seed)
    {
        var random = new Random(seed);
        var values = new double[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return values;
    }

    /// <summary>Standard normal numbers.</summary>
    public static float[] Normal(int length, int seed) => Array.ConvertAll(NormalDouble(length, seed), value => (float)value);

    /// <summary>Standard normal numbers in decreasing order.</summary>
    public static float[] Sorted(int length, int seed)
    {
        var values = Normal(length, seed);
        Array.Sort(values);
        Array.Reverse(values);
        return values;
    }

    /// <summary>(1, .., 1, 0, .., 0) with k ones.</summary>
    public static float[] TopWeights(int length, int k)
    {
        var weights = new float[length];
        weights.AsSpan(0, k).Fill(1);
        return weights;
    }
}
