using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>Weights that other modules of the model have too.</summary>
internal static class SharedWeights
{
    /// <summary>Refuses a layer whose weight is also a parameter or a buffer of another module, whatever its kind.</summary>
    /// <remarks>Only the layer would compute with the sparse weight. The other module would go on with the raw one, until both are pruned for good.</remarks>
    /// <exception cref="ArgumentException">A weight is shared. The exception names both.</exception>
    public static void Refuse(nn.Module model, IReadOnlyList<PrunedLayer> layers, string argument)
    {
        var layersByMemory = new Dictionary<(DeviceType, int, nint), PrunedLayer>();
        foreach (var layer in layers.Where(layer => layer.Raw.numel() > 0))
        {
            if (!layersByMemory.TryAdd(MemoryOf(layer.Raw), layer))
            {
                Throw(layersByMemory[MemoryOf(layer.Raw)].Name, $"{layer.Name}.weight", argument);
            }
        }

        foreach (var (name, module) in NamedModules.Of(model))
        {
            var parameters = module.named_parameters(false).Select(pair => (pair.name, (Tensor)pair.parameter));
            foreach (var (own, tensor) in parameters.Concat(module.named_buffers(false)))
            {
                if (tensor.numel() > 0 && layersByMemory.TryGetValue(MemoryOf(tensor), out var layer) && layer.Module != module)
                {
                    Throw(layer.Name, $"{name}.{own}", argument);
                }
            }
        }
    }

    private static void Throw(string layer, string other, string argument) => throw new ArgumentException(
        $"The layer '{layer}' shares its weight with '{other}', which would not see that it is pruned. Untie them, or leave the weight dense: "
        + $"{nameof(PruningOptions.Filter)} leaves layers out.", argument);

    private static (DeviceType Device, int Index, nint Start) MemoryOf(Tensor tensor) =>
        (tensor.device_type, tensor.device_index, new Memory(tensor).data_ptr());

    /// <summary>The memory that a tensor is in: views of one another have the same start.</summary>
    /// <remarks>TorchSharp's own Storage of a tensor of half precision is that of a copy in another type.</remarks>
    private sealed class Memory(Tensor tensor) : Storage(tensor)
    {
        public override int element_size() => (int)_tensor.ElementSize;
    }
}
