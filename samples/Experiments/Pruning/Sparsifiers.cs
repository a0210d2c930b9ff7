using SparseTopK.Experiments.Running;
using SparseTopK.Torch;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Pruning;

/// <summary>What makes a network sparse while it trains. This one does nothing: the dense network.</summary>
internal class Sparsifier : IDisposable
{
    /// <summary>Called before the forward pass of a step.</summary>
    public virtual void BeforeForward(long step)
    {
    }

    /// <summary>Called between the backward pass and the optimizer's step.</summary>
    public virtual void BeforeUpdate()
    {
    }

    /// <summary>Called after the optimizer's step.</summary>
    public virtual void AfterUpdate(long step)
    {
    }

    /// <summary>Called where an interrupted training goes on.</summary>
    public virtual void Resume(long step)
    {
    }

    /// <summary>Makes the zeros permanent, at the end.</summary>
    public virtual void Finish()
    {
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Sets the smallest weights to 0 for good, as many as a schedule says: one that is 0 is smallest ever after.</summary>
internal sealed class HardPruning(WeightRow weights, Schedule sparsity) : Sparsifier
{
    private readonly long _count = weights.Count;
    private Tensor? _mask;
    private long _kept = weights.Count;

    public override void AfterUpdate(long step)
    {
        _mask ??= ones(_count).DetachFromDisposeScope();
        using var scope = NewDisposeScope();
        var kept = Kept.Of(_count, sparsity.At(step + 1));
        var row = weights.Read() * _mask;
        if (kept < _kept)
        {
            row = WeightRow.Largest(row, kept);
            _mask.copy_(row.IsNonzero());
            _kept = kept;
        }

        if (_kept < _count)
        {
            weights.Write(row);
        }
    }

    public override void Resume(long step)
    {
        _kept = Kept.Of(_count, sparsity.At(step));
        using var row = weights.Read();
        using var nonzero = row.IsNonzero();
        _mask = nonzero.to_type(ScalarType.Float32);
    }

    protected override void Dispose(bool disposing)
    {
        _mask?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Computes with hard top-k of the weights; their gradient goes to all weights, which are put back for the optimizer's step.</summary>
internal sealed class StraightThrough(WeightRow weights, Schedule sparsity) : Sparsifier
{
    private readonly long _count = weights.Count;
    private Tensor? _raw;

    public override void BeforeForward(long step)
    {
        _raw = weights.Read();
        weights.Keep(Kept.Of(_count, sparsity.At(step)));
    }

    public override void BeforeUpdate() => weights.Write(_raw!);

    public override void Finish() => weights.Keep(Kept.Of(_count, sparsity.To));
}

/// <summary>Soft top-k in magnitude, all weights as one row: the library's pruner.</summary>
internal sealed class SoftTopK(nn.Module network, Schedule sparsity, Schedule lambda) : Sparsifier
{
    private readonly MagnitudePruner _pruner = new(network, new()
    {
        Scope = PruningScope.Global,
        Sparsity = sparsity,
        Lambda = lambda,
    });

    public override void AfterUpdate(long step) => _pruner.Step();

    public override void Resume(long step) => _pruner.StepCount = step;

    public override void Finish() => _pruner.MakePermanent();

    protected override void Dispose(bool disposing)
    {
        _pruner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>How many weights a sparsity leaves.</summary>
internal static class Kept
{
    public static long Of(long count, double sparsity) => count - (long)Math.Round(count * sparsity, MidpointRounding.AwayFromZero);
}
