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
        X = Inputs.Normal(rows * n, 1);
        Other = new float[rows * n];
        _gradient = Inputs.Normal(rows * n, 2);
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
}
