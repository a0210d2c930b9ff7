using SparseTopK.Isotonic;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>1/w of the entries of a row.</summary>
internal interface IInverseWeights
{
    double Of(int i);
}

/// <summary>Numbers of their own, or all 1.</summary>
internal readonly struct InverseCells(Cells<double> cells, int areGiven) : IInverseWeights
{
    public double Of(int i) => areGiven != 0 ? cells[i] : 1.0;
}

/// <summary>One number for the first entries, and 1 for the others.</summary>
internal readonly struct InverseOfFirst(int count, double inverse) : IInverseWeights
{
    public double Of(int i) => i < count ? inverse : 1.0;
}

/// <summary>The half-sweeps of Dykstra's algorithm on one row, its pairs spread over a team.</summary>
internal static class TeamSweeps
{
    /// <param name="v">The entries, which every thread has written its part of; on return the solution, which every thread may read.</param>
    /// <param name="forces">As many numbers.</param>
    /// <param name="inverses">1/w.</param>
    /// <param name="n">The number of entries.</param>
    /// <param name="progress">At its start.</param>
    public static SweepProgress Solve<TTeam, TInverses>(
        Cells<double> v, Cells<double> forces, TInverses inverses, int n, SweepProgress progress)
        where TTeam : struct, ITeam
        where TInverses : struct, IInverseWeights
    {
        for (var i = TTeam.Rank; i < n; i += TTeam.Size)
        {
            forces[i] = 0;
        }

        TTeam.Barrier();
        while (!progress.IsOver)
        {
            var own = progress.IsMeasuring
                ? new Sweep(Violation<TTeam>(v, n), 0)
                : HalfSweep<TTeam, TInverses>(v, forces, inverses, progress.Parity, n);
            TTeam.Barrier();
            var all = TTeam.Join<Sweep, JoinSweeps>(own);
            progress.Advance(all.Violation, all.Step);
        }

        return progress;
    }

    private static Sweep HalfSweep<TTeam, TInverses>(Cells<double> v, Cells<double> forces, TInverses inverses, int parity, int n)
        where TTeam : struct, ITeam
        where TInverses : struct, IInverseWeights
    {
        var (violation, step) = (0.0, 0.0);
        for (var i = parity + (2 * TTeam.Rank); i < n - 1; i += 2 * TTeam.Size)
        {
            var pair = PairProjection.Of(v[i], v[i + 1], inverses.Of(i), inverses.Of(i + 1), forces[i]);
            v[i] += pair.Up;
            v[i + 1] -= pair.Down;
            forces[i] = pair.Force;
            violation = Math.Max(violation, pair.Excess);
            step = Math.Max(step, pair.Step);
        }

        return new(violation, step);
    }

    private static double Violation<TTeam>(Cells<double> v, int n)
        where TTeam : struct, ITeam
    {
        var worst = 0.0;
        for (var i = TTeam.Rank; i < n - 1; i += TTeam.Size)
        {
            worst = Math.Max(worst, v[i + 1] - v[i]);
        }

        return worst;
    }

    /// <summary>What a pass has seen and done.</summary>
    internal readonly record struct Sweep(double Violation, double Step);

    internal readonly struct JoinSweeps : IJoin<Sweep>
    {
        public static Sweep Join(Sweep left, Sweep right) =>
            new(Math.Max(left.Violation, right.Violation), Math.Max(left.Step, right.Step));
    }
}
