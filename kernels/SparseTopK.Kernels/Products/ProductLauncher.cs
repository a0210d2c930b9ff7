using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Differentiation;
using SparseTopK.Internals;
using SparseTopK.Kernels.Launching;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Products;

/// <summary>Queues a product with the Jacobian: picks the kernels for the exponent and for the length of the rows. Arguments have been checked.</summary>
/// <param name="Engine">The accelerator.</param>
/// <param name="Point">Where the Jacobian is.</param>
/// <param name="Direction">What it is multiplied with.</param>
/// <param name="N">The entries of a row.</param>
/// <param name="Counts">k of each row, or none.</param>
/// <param name="K">k of all rows.</param>
/// <param name="Thresholds">The threshold of each row, or none.</param>
/// <param name="Destination">As long as the point.</param>
/// <param name="Stream">Where it is queued.</param>
internal sealed record ProductLauncher<T, TElement>(
    Engine Engine, ArrayView<T> Point, ArrayView<T> Direction, int N, ArrayView<int> Counts, int K, ArrayView<double> Thresholds,
    ArrayView<T> Destination, AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    private delegate void RowLauncher<TJacobian>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> point, ArrayView<T> direction, int n, ArrayView<int> counts, int k,
        ArrayView<double> thresholds, TJacobian jacobian, ArrayView<T> destination)
        where TJacobian : unmanaged;

    private delegate void SumLauncher<TJacobian>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> point, ArrayView<T> direction, int n, int parts, ArrayView<int> counts, int k,
        ArrayView<double> thresholds, TJacobian jacobian, ArrayView<Totals> sums)
        where TJacobian : unmanaged;

    private delegate void ApplyLauncher<TJacobian>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> point, ArrayView<T> direction, int n, int parts, ArrayView<int> counts, int k,
        ArrayView<double> thresholds, TJacobian jacobian, ArrayView<Totals> sums, ArrayView<T> destination)
        where TJacobian : unmanaged;

    private delegate void CoarseLauncher<TJacobian, TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> point, ArrayView<T> direction, int n, ArrayView<int> counts, int k,
        ArrayView<double> thresholds, PNorm norm, TPower power, TJacobian jacobian, ArrayView<T> destination)
        where TJacobian : unmanaged
        where TPower : unmanaged;

    public void RunMask(PNorm norm)
    {
        switch (norm.ResponseExponent)
        {
            case 1:
                Run(new MaskJacobian<FirstPower>(norm, default));
                break;
            case 2:
                Run(new MaskJacobian<SecondPower>(norm, default));
                break;
            case 3:
                Run(new MaskJacobian<ThirdPower>(norm, default));
                break;
            case var a:
                Run(new MaskJacobian<RealPower>(norm, new(a)));
                break;
        }
    }

    public void RunMagnitude<TProduct>(PNorm norm)
        where TProduct : unmanaged, IMagnitudeProduct
    {
        switch (norm.ResponseExponent)
        {
            case 1:
                RunMagnitude(norm, default(FirstPower), new MagnitudeJacobian<FirstPower, TProduct>(norm, default));
                break;
            case 2:
                RunMagnitude(norm, default(SecondPower), new MagnitudeJacobian<SecondPower, TProduct>(norm, default));
                break;
            case 3:
                RunMagnitude(norm, default(ThirdPower), new MagnitudeJacobian<ThirdPower, TProduct>(norm, default));
                break;
            case var a:
                RunMagnitude(norm, new RealPower(a), new MagnitudeJacobian<RealPower, TProduct>(norm, new(a)));
                break;
        }
    }

    private void RunMagnitude<TPower, TJacobian>(PNorm norm, TPower power, TJacobian jacobian)
        where TPower : unmanaged, IScalarPower
        where TJacobian : unmanaged, IJacobian<TJacobian>
    {
        if (MayBeCoarse(jacobian))
        {
            Engine.Plan.TeamFor(N).Run(new CoarseWork<TPower, TJacobian>(this, norm, power, jacobian));
        }

        Run(jacobian);
    }

    /// <summary>Whether a row may be coarse, whose width is a power of its threshold: asked at the smallest threshold and at the largest.</summary>
    private static bool MayBeCoarse<TJacobian>(TJacobian jacobian)
        where TJacobian : struct, IJacobian<TJacobian>
    {
        var (least, most) = typeof(T) == typeof(double) ? (1e-300, 1e300) : (float.Epsilon, float.MaxValue);
        return jacobian.ForRow(least, 1).IsCoarse || jacobian.ForRow(most, 1).IsCoarse;
    }

    private void RunCoarse<TPower, TJacobian, TTeam>(PNorm norm, TPower power, TJacobian jacobian)
        where TPower : unmanaged, IScalarPower
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        var launch = Engine.Kernels.Get<CoarseLauncher<TJacobian, TPower>>(CoarseProductKernel.Run<T, TElement, TJacobian, TPower, TTeam>);
        launch(
            Stream, Engine.Plan.Rows(Point.Length / N, N), Point, Direction, N, Counts, K, Thresholds, norm, power, jacobian, Destination);
    }

    private void Run<TJacobian>(TJacobian jacobian)
        where TJacobian : unmanaged, IJacobian<TJacobian>
    {
        var plan = Engine.Plan;
        var rows = Point.Length / N;
        if (plan.IsLong(rows, N))
        {
            plan.TeamFor(N).Run(new LongWork<TJacobian>(this, jacobian));
        }
        else
        {
            // The team that would hold the row, though a product reads it twice: a thread for each few entries.
            var team = plan.HoldingTeamFor(N) ?? plan.TeamFor(N);
            team.Run(new RowWork<TJacobian>(this, jacobian, plan.Rows(rows, team)));
        }
    }

    private void RunRows<TJacobian, TTeam>(TJacobian jacobian, KernelConfig config)
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        var launch = Engine.Kernels.Get<RowLauncher<TJacobian>>(RowProductKernel.Run<T, TElement, TJacobian, TTeam>);
        launch(Stream, config, Point, Direction, N, Counts, K, Thresholds, jacobian, Destination);
    }

    private void RunLong<TJacobian, TTeam>(TJacobian jacobian)
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        var (kernels, plan) = (Engine.Kernels, Engine.Plan);
        var rows = Point.Length / N;
        var sum = kernels.Get<SumLauncher<TJacobian>>(LongProductKernels.Sum<T, TElement, TJacobian, TTeam>);
        var apply = kernels.Get<ApplyLauncher<TJacobian>>(LongProductKernels.Apply<T, TElement, TJacobian, TTeam>);
        var parts = plan.Parts(rows, N);
        var config = plan.Rows(rows * parts, N);
        var lease = Engine.Scratch.Take(Stream, Scratch.Lease.BytesFor<Totals>(rows * parts));
        var sums = lease.Take<Totals>(rows * parts);
        sum(Stream, config, Point, Direction, N, parts, Counts, K, Thresholds, jacobian, sums);
        apply(Stream, config, Point, Direction, N, parts, Counts, K, Thresholds, jacobian, sums, Destination);
    }

    private readonly record struct CoarseWork<TPower, TJacobian>(ProductLauncher<T, TElement> Call, PNorm Norm, TPower Power, TJacobian Jacobian)
        : ITeamWork
        where TPower : unmanaged, IScalarPower
        where TJacobian : unmanaged, IJacobian<TJacobian>
    {
        public void Run<TTeam>()
            where TTeam : struct, ITeam => Call.RunCoarse<TPower, TJacobian, TTeam>(Norm, Power, Jacobian);
    }

    private readonly record struct RowWork<TJacobian>(ProductLauncher<T, TElement> Call, TJacobian Jacobian, KernelConfig Config) : ITeamWork
        where TJacobian : unmanaged, IJacobian<TJacobian>
    {
        public void Run<TTeam>()
            where TTeam : struct, ITeam => Call.RunRows<TJacobian, TTeam>(Jacobian, Config);
    }

    private readonly record struct LongWork<TJacobian>(ProductLauncher<T, TElement> Call, TJacobian Jacobian) : ITeamWork
        where TJacobian : unmanaged, IJacobian<TJacobian>
    {
        public void Run<TTeam>()
            where TTeam : struct, ITeam => Call.RunLong<TJacobian, TTeam>(Jacobian);
    }
}
