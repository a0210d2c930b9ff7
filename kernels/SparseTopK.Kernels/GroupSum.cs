using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels;

/// <summary>The sum over a group of threads, in an order that depends on the size of the group alone.</summary>
internal static class GroupSum
{
    /// <summary>The most threads of a group; a power of two.</summary>
    private const int MostThreads = 256;

    /// <summary>The size of a group for rows of n entries: a power of two that the accelerator allows, and no larger than n needs.</summary>
    public static int SizeFor(int n, Accelerator accelerator)
    {
        var most = Math.Min(MostThreads, accelerator.MaxNumThreadsPerGroup);
        var size = 1;
        while (size * 2 <= most && size < n)
        {
            size *= 2;
        }

        return size;
    }

    /// <summary>The sum of the values of all threads, to each of them. Every thread of the group must call it.</summary>
    public static double Of(double value)
    {
        var shared = SharedMemory.Allocate<double>(MostThreads);
        shared[Group.IdxX] = value;
        Group.Barrier();
        for (var half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                shared[Group.IdxX] += shared[Group.IdxX + half];
            }

            Group.Barrier();
        }

        var sum = shared[0];
        Group.Barrier();
        return sum;
    }
}
