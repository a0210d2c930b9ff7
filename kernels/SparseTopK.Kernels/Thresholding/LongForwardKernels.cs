using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>The forward pass of long rows, each cut into parts: several teams work on one row, and meet between launches.</summary>
/// <remarks>
/// <para>Start looks at a sample. Each Step begins by joining what the parts found in the step before: every team of a row does that by
/// itself, in the same order, and reaches the same state of the search; then it makes its part of the next pass. A search that has ended
/// costs a step next to nothing. Finish takes what is left to its end, one team for each row, however long that takes. Write writes the output.</para>
/// <para>What a step reads was written by the launch before: nothing is exchanged within a launch.</para>
/// </remarks>
internal static class LongForwardKernels
{
    /// <summary>How many passes are queued for a row: searches from the bracket of a sample end within them, but on contrived rows.</summary>
    /// <remarks>Newton's method is exact between two keys where p = 2, and else takes some steps more for the last digits.</remarks>
    public static int StepsFor(PNorm norm) => norm.ResponseExponent == 1 ? 8 : 11;

    public static void Start<T, TElement, TOperator, TPower, TTeam>(
        ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power, int sampleSize, ArrayView<T> columns,
        ArrayView<RootSearch> states)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
        var rows = (int)(x.Length / n);
        for (var r = TTeam.FirstRow; r < rows; r += TTeam.RowStep)
        {
            var start = (long)r * n;
            var pass = new RowPass<T, TElement, TOperator>(x.SubView(start, n), columns.SubView(start, n), Share.Of<TTeam>(n));
            var search = RootSearch.Of(counts.Length > 0 ? counts[r] : k, n, sampleSize);
            while (search.SampleSize > 0)
            {
                search.Advance(equation, TTeam.Join<Tally, JoinTallies>(pass.Make(search, equation)), n);
            }

            if (TTeam.Rank == 0)
            {
                states[r] = search;
            }
        }
    }

    /// <summary>A pass of each row's search.</summary>
    /// <remarks>held: two numbers for each thread, see <see cref="RowPass{T, TElement, TOperator}"/>. states: one for each row, before even
    /// and before odd steps. tallies: one for each part, of even and of odd steps.</remarks>
    public static void Step<T, TElement, TOperator, TPower, TTeam>(
        ArrayView<T> x, int n, int parts, int step, PNorm norm, TPower power, ArrayView<T> columns, ArrayView<int> held,
        ArrayView<RootSearch> states, ArrayView<Tally> tallies)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
        var rows = (int)(x.Length / n);
        for (var unit = TTeam.FirstRow; unit < rows * parts; unit += TTeam.RowStep)
        {
            var (r, part) = (unit / parts, unit % parts);
            var search = Next<TPower, TTeam>(equation, n, parts, step, r, states, tallies);
            if (part == 0 && TTeam.Rank == 0)
            {
                states[(((step + 1) & 1) * rows) + r] = search;
            }

            if (search.Stage != SearchStage.Done)
            {
                var start = (long)r * n;
                var share = Share.Of<TTeam>(n, part, parts);
                var pass = new RowPass<T, TElement, TOperator>(x.SubView(start, n), columns.SubView(start, n), share);
                var place = 2L * ((unit * TTeam.Size) + TTeam.Rank);
                (pass.Kept, pass.Dropped) = (held[place], held[place + 1]);
                var tally = TTeam.Join<Tally, JoinTallies>(pass.Make(search, equation));
                (held[place], held[place + 1]) = (pass.Kept, pass.Dropped);
                if (TTeam.Rank == 0)
                {
                    tallies[((step & 1) * rows * parts) + unit] = tally;
                }
            }
        }
    }

    /// <summary>The root and the threshold of each row.</summary>
    public static void Finish<T, TElement, TOperator, TPower, TTeam>(
        ArrayView<T> x, int n, int parts, int step, PNorm norm, TPower power, ArrayView<T> columns, ArrayView<int> held,
        ArrayView<RootSearch> states, ArrayView<Tally> tallies, ArrayView<Root> roots, ArrayView<double> thresholds)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
        var rows = (int)(x.Length / n);
        for (var r = TTeam.FirstRow; r < rows; r += TTeam.RowStep)
        {
            var start = (long)r * n;
            var search = Next<TPower, TTeam>(equation, n, parts, step, r, states, tallies);
            while (search.Stage != SearchStage.Done)
            {
                var own = Tally.None;
                for (var part = 0; part < parts; part++)
                {
                    var share = Share.Of<TTeam>(n, part, parts);
                    var pass = new RowPass<T, TElement, TOperator>(x.SubView(start, n), columns.SubView(start, n), share);
                    var place = 2 * (((((long)r * parts) + part) * TTeam.Size) + TTeam.Rank);
                    (pass.Kept, pass.Dropped) = (held[place], held[place + 1]);
                    own = JoinTallies.Join(own, pass.Make(search, equation));
                    (held[place], held[place + 1]) = (pass.Kept, pass.Dropped);
                }

                search.Advance(equation, TTeam.Join<Tally, JoinTallies>(own), n);
            }

            if (TTeam.Rank == 0)
            {
                var root = search.Result(equation);
                roots[r] = root;
                if (thresholds.Length > 0)
                {
                    thresholds[r] = root.Threshold;
                }
            }
        }
    }

    public static void Write<T, TElement, TOperator, TPower, TTeam>(
        ArrayView<T> x, int n, int parts, TPower power, ArrayView<Root> roots, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var rows = (int)(x.Length / n);
        for (var unit = TTeam.FirstRow; unit < rows * parts; unit += TTeam.RowStep)
        {
            var (r, part) = (unit / parts, unit % parts);
            var start = (long)r * n;
            var output = new RowOutput<T, TElement, TOperator>(
                x.SubView(start, n), destination.SubView(start, n), Share.Of<TTeam>(n, part, parts));
            output.Write(roots[r], power);
        }
    }

    /// <summary>The state of a row's search after the passes of the step before.</summary>
    private static RootSearch Next<TPower, TTeam>(
        Equation<TPower> equation, int n, int parts, int step, int r, ArrayView<RootSearch> states, ArrayView<Tally> tallies)
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var rows = (int)(states.Length / 2);
        var search = states[((step & 1) * rows) + r];
        if (step > 0 && search.Stage != SearchStage.Done)
        {
            var own = Tally.None;
            for (var part = TTeam.Rank; part < parts; part += TTeam.Size)
            {
                own = JoinTallies.Join(own, tallies[(((step - 1) & 1) * rows * parts) + (r * parts) + part]);
            }

            search.Advance(equation, TTeam.Join<Tally, JoinTallies>(own), n);
        }

        return search;
    }
}
