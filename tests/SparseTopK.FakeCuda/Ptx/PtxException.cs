namespace SparseTopK.FakeCuda.Ptx;

/// <summary>PTX that is not understood: nothing is run wrongly.</summary>
public sealed class PtxException(int line, string message) : Exception($"PTX line {line}: {message}")
{
    public int Line { get; } = line;
}
