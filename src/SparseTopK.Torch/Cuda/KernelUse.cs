namespace SparseTopK.Torch;

/// <summary>What computes the operators on CUDA tensors.</summary>
public enum KernelUse
{
    /// <summary>The kernels of SparseTopK.Kernels where they can be had, else torch operations.</summary>
    Automatic,

    /// <summary>The kernels: where they cannot be had, an error says why.</summary>
    Required,

    /// <summary>Torch operations alone.</summary>
    Never,
}
