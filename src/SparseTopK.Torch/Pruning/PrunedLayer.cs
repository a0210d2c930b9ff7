using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>A linear or convolutional layer, and the exchange of its weight.</summary>
/// <remarks>
/// The layer computes with the tensor in its field, but what its parameters are is registered apart. So a sparse tensor is put into the
/// field for a forward pass alone: optimizers and state dicts go on seeing the raw parameter, which the graph leads to. The public
/// setter is of no use for this: it disposes of the parameter that it replaces, and registers the new one.
/// </remarks>
internal sealed class PrunedLayer(string name, nn.Module<Tensor, Tensor> module)
{
    private static readonly ConditionalWeakTable<nn.Module, PrunedLayer> Claimed = [];

    private Parameter? _raw;
    private Parameter? _sparse;

    public string Name => name;

    public nn.Module<Tensor, Tensor> Module => module;

    /// <summary>The parameter that is trained, exchanged or not.</summary>
    public Parameter Raw => _raw ?? Slot;

    public bool IsExchanged => _raw is not null;

    /// <summary>Whether a gradient flows from the weight in use to the raw one, or no gradient is wanted.</summary>
    public bool HasGraph => _raw is not { requires_grad: true } || Slot.requires_grad;

    /// <summary>Whether it is exchanged for a call of this layer alone.</summary>
    public bool IsAlone { get; set; }

    /// <summary>Whether a forward pass with gradients has been prepared since this was last reset.</summary>
    public bool Used { get; set; }

    private ref Parameter Slot => ref module is Linear linear ? ref WeightOf(linear) : ref WeightOf((Convolution)module);

    /// <summary>The layers of a model that can be pruned and pass the filter, each once, the model itself included.</summary>
    public static IEnumerable<PrunedLayer> Find(nn.Module model, Func<string, nn.Module, bool>? filter) =>
        model.named_modules()
            .Prepend(("", model))
            .Where(pair => pair.Item2 is Linear or Convolution && (filter is null || filter(pair.Item1, pair.Item2)))
            .DistinctBy(pair => pair.Item2, ReferenceEqualityComparer.Instance)
            .Select(pair => new PrunedLayer(pair.Item1, (nn.Module<Tensor, Tensor>)pair.Item2));

    /// <summary>Keeps other pruners off these layers until <see cref="Release"/>.</summary>
    public static void Claim(IReadOnlyList<PrunedLayer> layers, string argument)
    {
        lock (Claimed)
        {
            if (layers.FirstOrDefault(layer => Claimed.TryGetValue(layer.Module, out _)) is { } taken)
            {
                throw new ArgumentException($"The layer '{taken.Name}' has a pruner already.", argument);
            }

            foreach (var layer in layers)
            {
                Claimed.Add(layer.Module, layer);
            }
        }
    }

    /// <summary>Restores the layers, and lets other pruners have them.</summary>
    public static void Release(IReadOnlyList<PrunedLayer> layers)
    {
        lock (Claimed)
        {
            foreach (var layer in layers)
            {
                layer.Restore();
                Claimed.Remove(layer.Module);
            }
        }
    }

    /// <summary>Lets the layer compute with a sparse weight until <see cref="Restore"/>; null leaves the raw weight. The tensor is taken over.</summary>
    public void Exchange(Tensor? sparse)
    {
        Restore();
        if (sparse is not null)
        {
            // The field takes parameters alone: the tensor becomes one, and keeps its graph.
            _sparse = (Parameter)new Parameter(sparse, sparse.requires_grad).DetachFromDisposeScope();
            _raw = Slot;
            Slot = _sparse;
        }
    }

    /// <summary>Gives the layer its parameter back. Where it is not exchanged, nothing happens.</summary>
    public void Restore()
    {
        IsAlone = false;
        if (_raw is null)
        {
            return;
        }

        // Somebody else may have set the weight meanwhile: theirs stays.
        if (ReferenceEquals(Slot, _sparse))
        {
            Slot = _raw;
        }

        _sparse!.Dispose();
        (_raw, _sparse) = (null, null);
    }

    /// <summary>Whether the raw weight is trained, and has a gradient other than 0.</summary>
    public bool HasGradient()
    {
        using var scope = NewDisposeScope();
        return Raw.requires_grad && Raw.grad is { } gradient && gradient.count_nonzero().cpu().item<long>() > 0;
    }

    /// <summary>How sparse the weight in use is.</summary>
    public LayerSparsity Report()
    {
        using var scope = NewDisposeScope();
        return new(name, Slot.numel(), Slot.count_nonzero().cpu().item<long>());
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_weight")]
    private static extern ref Parameter WeightOf(Linear layer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_weight")]
    private static extern ref Parameter WeightOf(Convolution layer);
}
