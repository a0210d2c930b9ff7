using System.Security.Cryptography;

namespace SparseTopK.Torch;

public partial class MagnitudePruner
{
    private const string Format = "SparseTopK.MagnitudePruner.2";

    /// <summary>Writes the pruner's own state to a file, beside the state dicts of the model and of the optimizer.</summary>
    /// <param name="location">The path of the file, which is replaced.</param>
    /// <inheritdoc cref="Save(BinaryWriter)"/>
    public void Save(string location)
    {
        ArgumentException.ThrowIfNullOrEmpty(location);
        using var writer = new BinaryWriter(File.Create(location));
        Save(writer);
    }

    /// <summary>Writes the pruner's own state: the step, the layers that it belongs to, and a checksum. The options are not part of it.</summary>
    /// <param name="writer">Where to write. It stays open.</param>
    /// <exception cref="ArgumentNullException">The argument is null.</exception>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var state = StateAt(StepCount);
        writer.Write(state);
        writer.Write(SHA256.HashData(state));
    }

    /// <summary>Reads the state from a file that <see cref="Save(string)"/> wrote.</summary>
    /// <param name="location">The path of the file.</param>
    /// <inheritdoc cref="Load(BinaryReader)"/>
    public void Load(string location)
    {
        ArgumentException.ThrowIfNullOrEmpty(location);
        using var reader = new BinaryReader(File.OpenRead(location));
        Load(reader);
    }

    /// <summary>Reads the state: the schedules go on at its step.</summary>
    /// <param name="reader">Where to read. It stays open.</param>
    /// <remarks>Together with the state dicts of the model and of the optimizer, and the same options, training goes on bit for bit.</remarks>
    /// <exception cref="ArgumentNullException">The argument is null.</exception>
    /// <exception cref="InvalidDataException">The data are not the state of a pruner, or that of other layers, or damaged. Nothing has changed.</exception>
    /// <exception cref="EndOfStreamException">The data end too early. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in a forward pass.</exception>
    /// <exception cref="ObjectDisposedException">The pruner is at its end.</exception>
    public void Load(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ObjectDisposedException.ThrowIf(_ended, this);
        if (ReadString(reader) != Format)
        {
            throw new InvalidDataException("This is not the state of a pruner.");
        }

        var step = reader.ReadInt64();
        var count = reader.ReadInt32();
        if (step < 0 || count != _layers.Length)
        {
            throw new InvalidDataException($"The state is at step {step} of {count} layers; this pruner has {_layers.Length}.");
        }

        foreach (var layer in _layers)
        {
            var (name, entries) = (ReadString(reader), reader.ReadInt64());
            if (name != layer.Name || entries != layer.Raw.numel())
            {
                throw new InvalidDataException($"The state has '{name}' of {entries} weights where this pruner has '{layer.Name}' of {layer.Raw.numel()}.");
            }
        }

        // All but the step is as this pruner would write it, so the checksum tells whether the step is right.
        var checksum = reader.ReadBytes(SHA256.HashSizeInBytes);
        if (checksum.Length < SHA256.HashSizeInBytes)
        {
            throw new EndOfStreamException("The state of the pruner ends too early.");
        }

        StepCount = checksum.SequenceEqual(SHA256.HashData(StateAt(step)))
            ? step
            : throw new InvalidDataException("The state of the pruner is damaged: its checksum does not fit.");
    }

    /// <summary>What is saved at a step, without the checksum.</summary>
    private byte[] StateAt(long step)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Format);
        writer.Write(step);
        writer.Write(_layers.Length);
        foreach (var layer in _layers)
        {
            writer.Write(layer.Name);
            writer.Write(layer.Raw.numel());
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static string? ReadString(BinaryReader reader)
    {
        try
        {
            return reader.ReadString();
        }
        catch (Exception error) when (error is FormatException || (error is IOException and not EndOfStreamException))
        {
            return null; // No length of a string: other data.
        }
    }
}
