using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>The modules of a model and their names.</summary>
internal static class NamedModules
{
    /// <summary>The model itself, under the name of its type, and its modules in its order. A module in several places counts once.</summary>
    public static IEnumerable<(string Name, nn.Module Module)> Of(nn.Module model) =>
        model.named_modules()
            .Prepend((model.GetName(), model))
            .Select(pair => (Name: pair.Item1, Module: pair.Item2))
            .DistinctBy(pair => pair.Module, ReferenceEqualityComparer.Instance);
}
