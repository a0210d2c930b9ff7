using ILGPU;

namespace SparseTopK.Kernels.Ordering;

/// <summary>Where y of one sorted row and the ends of its blocks go, from the first entry to the last.</summary>
/// <param name="keys">The sorted keys of the row.</param>
/// <param name="destination">y of the row.</param>
/// <param name="places">The places of the sorted entries in the row.</param>
/// <param name="ends">The ends, or none.</param>
/// <param name="sign">1, or -1 where the keys are -x.</param>
/// <param name="isSort">Not 0 where y stays in sorted order, and is a value of the row.</param>
internal struct OrderedOutput<T, TElement>(
    ArrayView<double> keys, ArrayView<T> destination, ArrayView<int> places, ArrayView<int> ends, double sign, int isSort)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    private double _key = double.NaN;
    private T _value;
    private int _count;

    /// <summary>Writes y of an entry.</summary>
    /// <remarks>Tied entries of a row get the same bits, also where rounding alone has left them in two blocks.</remarks>
    public void Put(int i, double y)
    {
        if (isSort != 0)
        {
            destination[i] = default(TElement).Round(sign * y);
            return;
        }

        if (double.IsNaN(_key) || keys[i] != _key)
        {
            (_key, _value) = (keys[i], default(TElement).Round(y));
        }

        destination[places[i]] = _value;
    }

    /// <summary>Writes the end of a block.</summary>
    public void EndBlock(int end)
    {
        if (ends.Length > 0)
        {
            ends[_count] = end;
            _count++;
        }
    }

    /// <summary>Fills the ends.</summary>
    public readonly void Finish()
    {
        for (var i = _count; i < ends.IntLength; i++)
        {
            ends[i] = ends.IntLength;
        }
    }

    /// <summary>A row without a solution.</summary>
    public readonly void Spoil()
    {
        for (var i = 0; i < destination.IntLength; i++)
        {
            (destination[i], places[i]) = (default(TElement).Round(double.NaN), i);
            if (ends.Length > 0)
            {
                ends[i] = i == 0 ? 0 : ends.IntLength;
            }
        }
    }
}
