using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Internals;
using SparseTopK.Kernels.Launching;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>Queues the forward pass: picks the kernels for the exponent and for the length of the rows. Arguments have been checked.</summary>
/// <param name="Engine">The accelerator.</param>
/// <param name="X">The rows.</param>
/// <param name="N">The entries of a row.</param>
/// <param name="Counts">k of each row, or none.</param>
/// <param name="K">k of all rows.</param>
/// <param name="Norm">The regularizer.</param>
/// <param name="Destination">As long as x.</param>
/// <param name="Thresholds">One for each row, or none.</param>
/// <param name="Stream">Where it is queued.</param>
internal sealed record ForwardLauncher<T, TElement, TOperator>(
    Engine Engine, ArrayView<T> X, int N, ArrayView<int> Counts, int K, PNorm Norm, ArrayView<T> Destination, ArrayView<double> Thresholds,
    AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TOperator : struct, ITopKOperator
{
    private delegate void HeldLauncher<TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power,
        ArrayView<T> destination, ArrayView<double> thresholds)
        where TPower : unmanaged;

    private delegate void RowLauncher<TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power,
        int sampleSize, ArrayView<T> columns, ArrayView<T> destination, ArrayView<double> thresholds)
        where TPower : unmanaged;

    private delegate void StartLauncher<TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power,
        int sampleSize, ArrayView<T> columns, ArrayView<RootSearch> states)
        where TPower : unmanaged;

    private delegate void StepLauncher<TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, int parts, int step, PNorm norm, TPower power,
        ArrayView<T> columns, ArrayView<int> held, ArrayView<RootSearch> states, ArrayView<Tally> tallies)
        where TPower : unmanaged;

    private delegate void FinishLauncher<TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, int parts, int step, PNorm norm, TPower power,
        ArrayView<T> columns, ArrayView<int> held, ArrayView<RootSearch> states, ArrayView<Tally> tallies, ArrayView<Root> roots,
        ArrayView<double> thresholds)
        where TPower : unmanaged;

    private delegate void WriteLauncher<TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, int parts, TPower power, ArrayView<Root> roots,
        ArrayView<T> destination)
        where TPower : unmanaged;

    private int Rows => (int)(X.Length / N);

    /// <summary>In place, columns need memory of their own; else the destination is free until the output is written.</summary>
    private bool IsInPlace => Guard.IsSame(X, Destination);

    public void Run()
    {
        switch (Norm.ResponseExponent)
        {
            case 1:
                Run<FirstPower>(default);
                break;
            case 2:
                Run<SecondPower>(default);
                break;
            case 3:
                Run<ThirdPower>(default);
                break;
            case var a:
                Run(new RealPower(a));
                break;
        }
    }

    private void Run<TPower>(TPower power)
        where TPower : unmanaged, IScalarPower
    {
        var plan = Engine.Plan;
        if (plan.IsLong(Rows, N))
        {
            plan.TeamFor(N).Run(new LongWork<TPower>(this, power));
        }
        else if (plan.HoldingTeamFor(N) is { } team)
        {
            team.Run(new HeldWork<TPower>(this, power, plan.Rows(Rows, team)));
        }
        else
        {
            plan.TeamFor(N).Run(new RowWork<TPower>(this, power));
        }
    }

    private void RunHeld<TPower, TTeam>(TPower power, KernelConfig config)
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var launch = Engine.Kernels.Get<HeldLauncher<TPower>>(HeldForwardKernel.Run<T, TElement, TOperator, TPower, TTeam>);
        launch(Stream, config, X, N, Counts, K, Norm, power, Destination, Thresholds);
    }

    private void RunRows<TPower, TTeam>(TPower power)
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        if (N < Sample.From)
        {
            RunRows<TPower, TTeam, GlobalColumns>(power, ArrayView<T>.Empty);
        }
        else if (Engine.Plan.HasSharedColumns(N, Interop.SizeOf<T>()))
        {
            RunRows<TPower, TTeam, SharedColumns>(power, ArrayView<T>.Empty);
        }
        else if (IsInPlace)
        {
            var lease = Engine.Scratch.Take(Stream, Scratch.Lease.BytesFor<T>(X.Length));
            RunRows<TPower, TTeam, GlobalColumns>(power, lease.Take<T>(X.Length));
        }
        else
        {
            RunRows<TPower, TTeam, GlobalColumns>(power, Destination);
        }
    }

    private void RunRows<TPower, TTeam, TColumns>(TPower power, ArrayView<T> columns)
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
        where TColumns : struct, IColumns
    {
        var launch = Engine.Kernels.Get<RowLauncher<TPower>>(RowForwardKernel.Run<T, TElement, TOperator, TPower, TTeam, TColumns>);
        launch(
            Stream, Engine.Plan.Rows(Rows, N), X, N, Counts, K, Norm, power, Engine.Plan.SampleFor(N), columns, Destination, Thresholds);
    }

    private void RunLong<TPower, TTeam>(TPower power)
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var (kernels, plan) = (Engine.Kernels, Engine.Plan);
        var start = kernels.Get<StartLauncher<TPower>>(LongForwardKernels.Start<T, TElement, TOperator, TPower, TTeam>);
        var step = kernels.Get<StepLauncher<TPower>>(LongForwardKernels.Step<T, TElement, TOperator, TPower, TTeam>);
        var finish = kernels.Get<FinishLauncher<TPower>>(LongForwardKernels.Finish<T, TElement, TOperator, TPower, TTeam>);
        var write = kernels.Get<WriteLauncher<TPower>>(LongForwardKernels.Write<T, TElement, TOperator, TPower, TTeam>);
        var parts = plan.Parts(Rows, N);
        var units = (long)Rows * parts;
        var (perRow, perUnit) = (plan.Rows(Rows, N), plan.Rows(units, N));
        var threads = units * (typeof(TTeam) == typeof(ThreadTeam) ? 1 : perUnit.GroupDim.X);
        var lease = Engine.Scratch.Take(Stream, BytesForLong(units, threads));
        var columns = IsInPlace ? lease.Take<T>(X.Length) : Destination;
        var held = lease.Take<int>(2 * threads);
        var states = lease.Take<RootSearch>(2L * Rows);
        var tallies = lease.Take<Tally>(2 * units);
        var roots = lease.Take<Root>(Rows);
        start(Stream, perRow, X, N, Counts, K, Norm, power, plan.SampleFor(N), columns, states);
        var steps = LongForwardKernels.StepsFor(Norm);
        for (var i = 0; i < steps; i++)
        {
            step(Stream, perUnit, X, N, parts, i, Norm, power, columns, held, states, tallies);
        }

        finish(Stream, perRow, X, N, parts, steps, Norm, power, columns, held, states, tallies, roots, Thresholds);
        write(Stream, perUnit, X, N, parts, power, roots, Destination);
    }

    private long BytesForLong(long units, long threads) =>
        (IsInPlace ? Scratch.Lease.BytesFor<T>(X.Length) : 0) + Scratch.Lease.BytesFor<int>(2 * threads)
        + Scratch.Lease.BytesFor<RootSearch>(2L * Rows) + Scratch.Lease.BytesFor<Tally>(2 * units) + Scratch.Lease.BytesFor<Root>(Rows);

    private readonly record struct HeldWork<TPower>(ForwardLauncher<T, TElement, TOperator> Call, TPower Power, KernelConfig Config) : ITeamWork
        where TPower : unmanaged, IScalarPower
    {
        public void Run<TTeam>()
            where TTeam : struct, ITeam => Call.RunHeld<TPower, TTeam>(Power, Config);
    }

    private readonly record struct RowWork<TPower>(ForwardLauncher<T, TElement, TOperator> Call, TPower Power) : ITeamWork
        where TPower : unmanaged, IScalarPower
    {
        public void Run<TTeam>()
            where TTeam : struct, ITeam => Call.RunRows<TPower, TTeam>(Power);
    }

    private readonly record struct LongWork<TPower>(ForwardLauncher<T, TElement, TOperator> Call, TPower Power) : ITeamWork
        where TPower : unmanaged, IScalarPower
    {
        public void Run<TTeam>()
            where TTeam : struct, ITeam => Call.RunLong<TPower, TTeam>(Power);
    }
}
