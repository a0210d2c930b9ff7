using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>A linear or convolutional layer, and the exchange of its weight.</summary>
/// <remarks>
/// The layer computes with the tensor in its field, and its parameters are registered in a dictionary beside it. A forward pass puts
/// the sparse weight into the field alone: optimizers and state dicts go on seeing the raw parameter, which the graph leads to.
/// <see cref="MagnitudePruner.UseSparseWeights"/> registers the sparse weight as well. The public setter is of no use for this: it
/// disposes of the parameter that it replaces.
/// </remarks>
internal sealed class PrunedLayer(string name, nn.Module<Tensor, Tensor> module)
{
    private const string ParameterName = nameof(Linear.weight);

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

    /// <summary>Whether the layer itself has been called, or used inside UseSparseWeights, with gradients since this was last reset.</summary>
    public bool Used { get; set; }

    private ref Parameter Slot => ref module is Linear linear ? ref WeightOf(linear) : ref WeightOf((Convolution)module);

    /// <summary>The layers of a model that can be pruned and pass the filter, each once, the model itself included.</summary>
    public static IEnumerable<PrunedLayer> Find(nn.Module model, Func<string, nn.Module, bool>? filter) =>
        NamedModules.Of(model)
            .Where(pair => pair.Module is Linear or Convolution && (filter is null || filter(pair.Name, pair.Module)))
            .Select(pair => new PrunedLayer(pair.Name, (nn.Module<Tensor, Tensor>)pair.Module));

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
    /// <param name="sparse">The sparse weight, or null.</param>
    /// <param name="registered">Whether parameters() and state_dict() see it too.</param>
    public void Exchange(Tensor? sparse, bool registered)
    {
        Restore();
        if (sparse is null)
        {
            return;
        }

        _sparse = AsParameter(sparse);
        _raw = Slot;
        Slot = _sparse;
        if (registered)
        {
            ParametersOf(module)[ParameterName] = _sparse;
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

        var parameters = ParametersOf(module);
        if (ReferenceEquals(parameters[ParameterName], _sparse))
        {
            parameters[ParameterName] = _raw;
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
    public LayerSparsity Report() => LayerSparsity.Of(name, Slot);

    /// <summary>The field takes parameters alone. A tensor becomes one here and keeps its graph.</summary>
    private static Parameter AsParameter(Tensor tensor)
    {
        var parameter = (Parameter)new Parameter(tensor, tensor.requires_grad).DetachFromDisposeScope();

        // TorchSharp takes the handle away from the tensor, which then never leaves the count of live tensors.
        Interlocked.Decrement(ref TotalCountOf(null));
        return parameter;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_weight")]
    private static extern ref Parameter WeightOf(Linear layer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_weight")]
    private static extern ref Parameter WeightOf(Convolution layer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_internal_params")]
    private static extern ref OrderedDict<string, Parameter> ParametersOf(nn.Module module);

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "_totalCount")]
    private static extern ref long TotalCountOf(Tensor? tensor);
}
