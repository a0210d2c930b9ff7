using ILGPU;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Numbers of one team in device memory. Those of threads lie side by side, so that neighbours read neighbours.</summary>
/// <param name="memory">From the first of them on.</param>
/// <param name="stride">From one to the next.</param>
internal readonly struct Cells<T>(ArrayView<T> memory, int stride)
    where T : unmanaged
{
    public T this[int i]
    {
        get => memory[(long)i * stride];
        set => memory[(long)i * stride] = value;
    }

    /// <summary>Those of one team among those of all.</summary>
    /// <param name="all">The numbers of all teams.</param>
    /// <param name="team">The team.</param>
    /// <param name="length">How many a team has.</param>
    /// <param name="stride">1 where a team's lie together, else the number of teams.</param>
    public static Cells<T> Of(ArrayView<T> all, int team, int length, int stride) => stride == 1
        ? new(all.SubView((long)team * length, length), 1)
        : new(all.SubView(team, ((length - 1L) * stride) + 1), stride);

    /// <summary>So many from one of them on.</summary>
    public Cells<T> Slice(int start, int length) => length == 0
        ? new(memory.SubView(0, 0), stride)
        : new(memory.SubView((long)start * stride, ((length - 1L) * stride) + 1), stride);
}
