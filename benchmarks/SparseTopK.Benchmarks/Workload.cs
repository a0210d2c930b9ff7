namespace SparseTopK.Benchmarks;

/// <summary>The memory of one case: standard normal input and cotangent, and room for results.</summary>
internal sealed class Workload
{
    private readonly int _n;
    private readonly int _k;
    private readonly float[] _gradient;
    private readonly float[] _result;
    private readonly float[] _product;
    private readonly double[] _thresholds;

    public Workload(int rows, int n, int k)
    {
        (_n, _k) = (n, k);
        X = Normal(rows * n, 1);
        Other = new float[rows * n];
        _gradient = Normal(rows * n, 2);
        _result = new float[rows * n];
        _product = new float[rows * n];
        _thresholds = new double[rows];
    }

    public float[] X { get; }

    public float[] Other { get; }

    public void Mask(PNorm norm) => TopKMask.Forward<float>(X, _n, _k, norm, _result);

    public void MaskAndVjp(PNorm norm)
    {
        TopKMask.Forward<float>(X, _n, _k, norm, _result);
        TopKMask.Vjp<float>(_result, _gradient, _n, norm, _product);
    }

    public void Magnitude(PNorm norm) => TopKMagnitude.Forward<float>(X, _n, _k, norm, _result, _thresholds);

    public void MagnitudeAndVjp(PNorm norm)
    {
        TopKMagnitude.Forward<float>(X, _n, _k, norm, _result, _thresholds);
        TopKMagnitude.Vjp<float>(X, _thresholds, _gradient, _n, _k, norm, _product);
    }

    /// <summary>Standard normal numbers (Box and Muller).</summary>
    private static float[] Normal(int length, int seed)
    {
        var random = new Random(seed);
        var values = new float[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }
}
