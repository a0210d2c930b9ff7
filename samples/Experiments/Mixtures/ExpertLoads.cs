using SparseTopK.Torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>What the experts of one layer did in a test, batch by batch.</summary>
internal sealed class ExpertLoads
{
    private double[] _loads = [];
    private double _tokens;
    private double _dropped;

    /// <summary>The experts that computed a token, in the mean.</summary>
    public double RowsPerToken => _loads.Sum() / _tokens;

    /// <summary>Tokens without an expert, in percent.</summary>
    public double DroppedPercent => 100 * _dropped / _tokens;

    /// <summary>The largest load of an expert over the mean: 1 where all are alike.</summary>
    public double Busiest => _loads.Max() / _loads.Average();

    public void Add(RouterStatistics batch)
    {
        _loads = _loads.Length == 0 ? [.. batch.Load.Select(load => (double)load)] : [.. _loads.Zip(batch.Load, (sum, load) => sum + load)];
        _tokens += batch.Tokens;
        _dropped += batch.DroppedFraction * batch.Tokens;
    }
}
