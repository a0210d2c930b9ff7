using SparseTopK.Benchmarks.Tables;
using SparseTopK.Torch.Functions;
using TorchSharp;
using static SparseTopK.Torch.Functional;
using static TorchSharp.torch;

namespace SparseTopK.Benchmarks.All.Torch;

/// <summary>Hard selection by libtorch: what all is measured against.</summary>
internal sealed class TorchBaselines : IContenders
{
    public IEnumerable<string> Describe() => NativeTorch.Missing is { } reason
        ? [$"libtorch cannot be loaded, and is left out: {reason}"]
        : [$"TorchSharp {typeof(torch).Assembly.GetName().Version}, libtorch {__version__}"];

    public IEnumerable<Contender> For(Group group) => NativeTorch.Missing is not null ? [] :
    [
        TorchCase.Line(group, TopKTables.Hard, static work => work.Select()),
        TorchCase.Line(group, "torch.sort", static work => work.Sort()),
    ];
}

/// <summary>The operators as functions of tensors, forward, and forward and backward through autograd; and of torch operations alone, as on other devices.</summary>
internal sealed class TorchContenders : IContenders
{
    public IEnumerable<string> Describe() => [];

    public IEnumerable<Contender> For(Group group)
    {
        if (NativeTorch.Missing is not null)
        {
            yield break;
        }

        foreach (var (p, norm) in CoreContenders.Norms)
        {
            Tensor Mask(Tensor x, long k) => topk_mask(x, k, norm.Lambda, norm.P);
            Tensor Magnitude(Tensor x, long k) => topk_magnitude(x, k, norm.Lambda, norm.P);
            yield return TorchCase.Line(group, $"topk_mask, {p}", work => work.Forward(Mask));
            yield return TorchCase.Line(group, $"topk_mask + backward, {p}", work => work.Step(Mask));
            yield return TorchCase.Line(group, $"topk_magnitude, {p}", work => work.Forward(Magnitude));
            yield return TorchCase.Line(group, $"topk_magnitude + backward, {p}", work => work.Step(Magnitude));
            if (group.IsFull && norm.ResponseExponent != 2)
            {
                yield return TorchCase.Line(group, $"torch operations: mask + backward, {p}", work => work.StepOfOperations(Mask));
                yield return TorchCase.Line(group, $"torch operations: magnitude + backward, {p}", work => work.StepOfOperations(Magnitude));
            }
        }
    }
}

/// <summary>The tensors of one line.</summary>
internal sealed class TorchCase : IDisposable
{
    private readonly int _k;
    private readonly Tensor _x;
    private readonly Tensor _g;

    private TorchCase(Group group)
    {
        _k = group.Shape.K;
        _x = Of(group, SharedInputs.Of(group.Shape).X).requires_grad_();
        _g = Of(group, SharedInputs.Of(group.Shape).G);
    }

    public static Contender Line(Group group, string name, Action<TorchCase> run) => new(group, name, () =>
    {
        set_num_threads(group.Threads);
        TopKParallelism.MaxDegreeOfParallelism = group.Threads;
        var work = new TorchCase(group);
        return new(() => run(work), work);
    });

    public void Select()
    {
        using var guard = no_grad();
        var (values, indices) = _x.topk(_k);
        values.Dispose();
        indices.Dispose();
    }

    public void Sort()
    {
        using var guard = no_grad();
        var (values, indices) = _x.sort();
        values.Dispose();
        indices.Dispose();
    }

    public void Forward(Func<Tensor, long, Tensor> function)
    {
        using var guard = no_grad();
        using var y = function(_x, _k);
    }

    public void Step(Func<Tensor, long, Tensor> function)
    {
        using var y = function(_x, _k);
        y.backward([_g]);
        _x.grad!.Dispose();
        _x.grad = null;
    }

    public void StepOfOperations(Func<Tensor, long, Tensor> function)
    {
        using var scope = NewDisposeScope();
        ComputePaths.Forced = ComputePaths.TorchOperations;
        try
        {
            Step(function);
        }
        finally
        {
            ComputePaths.Forced = null;
        }
    }

    public void Dispose()
    {
        _x.Dispose();
        _g.Dispose();
    }

    private static Tensor Of(Group group, float[] entries)
    {
        using var single = tensor(entries, [group.Shape.Rows, group.Shape.N]);
        return single.to(group.IsDouble ? ScalarType.Float64 : ScalarType.Float32, copy: true);
    }
}
