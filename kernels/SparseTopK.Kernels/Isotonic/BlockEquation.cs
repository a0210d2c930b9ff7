using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>The u_i and the w_i of an isotonic problem.</summary>
internal interface IScores
{
    double Score(int i);

    double Weight(int i);
}

/// <summary>The equation of the block [start, end), summed entry by entry.</summary>
internal readonly struct BlockEquation<TPower, TScores>(
    TScores scores, int start, int end, TPower power, double exponent, double constant, double rate) : IDecreasing
    where TPower : struct, IScalarPower
    where TScores : struct, IScores
{
    public (double Residual, double Slope, double Noise) Evaluate(double d)
    {
        var terms = default(BlockTerms);
        for (var i = start; i < end; i++)
        {
            terms = terms.And(scores.Score(i), scores.Weight(i), d, power);
        }

        return terms.At(end - start, d, exponent, constant, rate);
    }
}
