namespace SparseTopK.Torch;

/// <summary>Which weights compete with one another for the places that a <see cref="MagnitudePruner"/> leaves.</summary>
public enum PruningScope
{
    /// <summary>The weights of one layer: every layer gets the sparsity.</summary>
    PerLayer,

    /// <summary>All weights of the model, as one row: the model gets the sparsity, and a layer keeps as much as its weights are worth.</summary>
    Global,
}
